// npm packs a package, installs it from the archive without network, runs a script; npx runs its
// program.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { check, need, same } from './evidence.mjs';
import { npm, npx } from './package-manager.mjs';

const write = (name, value) =>
  writeFileSync(name, typeof value === 'string' ? value : JSON.stringify(value));

check(async () => {
  mkdirSync('greeter');
  write('greeter/package.json', {
    name: 'smoke-greeter',
    version: '1.2.3',
    main: 'index.cjs',
    bin: { 'smoke-greeter': 'greet.cjs' },
  });
  write('greeter/index.cjs', "module.exports = (name) => 'hello ' + name;\n");
  write(
    'greeter/greet.cjs',
    "#!/usr/bin/env node\nconsole.log(require('./index.cjs')(process.argv[2]));\n",
  );
  npm(['pack', './greeter']);
  const archive = 'smoke-greeter-1.2.3.tgz';

  mkdirSync('project');
  write('project/package.json', {
    name: 'smoke-project',
    private: true,
    scripts: { hello: 'node hello.cjs' },
  });
  write('project/hello.cjs', "console.log(require('smoke-greeter')('script'), process.version);\n");
  npm(['install', `../${archive}`], 'project');
  const installed = JSON.parse(readFileSync('project/node_modules/smoke-greeter/package.json'));
  same(installed.version, '1.2.3', 'version that npm installed');
  const lock = JSON.parse(readFileSync('project/package-lock.json'));
  const { integrity } = lock.packages['node_modules/smoke-greeter'];
  need(integrity?.startsWith('sha512-'), 'the lock file holds no digest');
  same(npm(['run', '--silent', 'hello'], 'project'), `hello script ${process.version}`, 'npm run');
  same(npx(['--no', '--', 'smoke-greeter', 'npx'], 'project'), 'hello npx', 'npx');
  return { archive, integrity, npm_run: true, npx: true };
});
