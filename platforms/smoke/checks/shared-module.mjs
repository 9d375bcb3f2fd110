// Server and browser share one module: the same bytes run as CommonJS, as ES module and as the
// script of a page; where require() takes ES modules, one file is both imported and required.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';
import { check, need, same } from './evidence.mjs';

const ANYWHERE = `(function (home, make) {
  if (typeof module === 'object' && module.exports) module.exports = make();
  else home.shared = make();
})(globalThis, function () {
  return { greet: function (name) { return 'hello ' + name; }, where: typeof require };
});
`;
const MODULE = `export const greet = (name) => 'hello ' + name;
export let count = 0;
export function increase() { count += 1; return count; }
`;

check(async () => {
  const require = createRequire(join(process.cwd(), 'here.cjs'));
  const load = (name) => import(pathToFileURL(join(process.cwd(), name)).href);

  for (const name of ['same.cjs', 'same.mjs', 'same.browser.js']) writeFileSync(name, ANYWHERE);
  same(require('./same.cjs').greet('CommonJS'), 'hello CommonJS', 'as CommonJS');
  same((await load('same.cjs')).default, require('./same.cjs'), 'import and require');
  await load('same.mjs');
  same(globalThis.shared.greet('module'), 'hello module', 'as ES module');
  same(globalThis.shared.where, 'undefined', 'require in an ES module');
  const page = vm.createContext({});
  vm.runInContext(readFileSync('same.browser.js', 'utf8'), page);
  same(page.shared.greet('page'), 'hello page', 'as the script of a page');

  writeFileSync('shared.mjs', MODULE);
  const imported = await load('shared.mjs');
  const fetched = await import(`data:text/javascript,${encodeURIComponent(MODULE)}`);
  same(imported.greet('a'), fetched.greet('a'), 'from a file and from a URL');
  const requires = Boolean(process.features.require_module);
  if (requires) {
    const required = require('./shared.mjs');
    same(required.increase(), 1, 'a live binding');
    need(imported.count === 1, 'import and require of one ES module made two copies');
  }
  return { commonjs: true, es_module: true, page_script: true, url: true, require_of_es_module: requires };
});
