// npm respects the npmrc that ships: every plain setting, of npm's own file and of the machine's,
// is what npm works with. Where neither ships, a setting in the place of the machine's must be read.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { check, runtime, same } from './evidence.mjs';
import { npm, run } from './package-manager.mjs';

const SECRET = /(^|:)_|^\/\//; // npm does not show these

check(async () => {
  const builtin = settings(join(runtime.npm, '..', '..', 'npmrc'));
  const machine = settings(runtime.globalconfig);
  // Asked without the runner's hand on it, since npm's own file may name the machine's file.
  compare(builtin, run(runtime.npm, ['config', 'list', '--json']));
  compare({ ...builtin, ...machine }, npm(['config', 'list', '--json']), ['globalconfig']);
  const compared = { builtin: Object.keys(builtin), machine: Object.keys(machine) };
  if (compared.machine.length === 0) {
    writeFileSync('npmrc', 'fetch-retries=7\n');
    const file = resolve('npmrc');
    const seen = run(runtime.npm, ['config', 'get', 'fetch-retries', `--globalconfig=${file}`]);
    same(seen, '7', 'a setting of the npmrc in the place of the shipped one');
  }
  return compared;
});

/** The settings of an npmrc that can be compared as they stand. */
function settings(file) {
  const found = {};
  if (!existsSync(file)) return found;
  for (const line of readFileSync(file, 'utf8').split(/\r?\n/)) {
    const [, key, text] = /^\s*([^;#=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    const value = text?.replace(/\$\{(\w+)\}/g, (all, name) => process.env[name] ?? all);
    const plain = key && !key.endsWith('[]') && !SECRET.test(key) && !value.includes('${');
    if (plain) found[key] = value.replace(/^"(.*)"$/, '$1');
  }
  return found;
}

function compare(expected, output, except = []) {
  const actual = JSON.parse(output);
  for (const [key, value] of Object.entries(expected)) {
    if (except.includes(key)) continue;
    // npm ends the address of a registry with a slash.
    const normal = (text) => String(text).replace(/\/$/, '');
    same(normal(actual[key]), normal(value), `npm config get ${key}`);
  }
}
