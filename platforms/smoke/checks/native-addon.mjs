// A tiny native addon compiles against the shipped headers and loads.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, need, NotRun, runtime, same } from './evidence.mjs';

const SHARED =
  process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared', '-fPIC'];

check(async () => {
  writeFileSync('nothing.c', 'int nothing;\n');
  const able = compile(['nothing.c', '-o', 'nothing.so']);
  if (able.status !== 0) throw new NotRun(`${runtime.compiler} builds no libraries: ${said(able)}`);

  const source = fileURLToPath(new URL('addon.c', import.meta.url));
  const built = compile(['-I', runtime.headers, source, '-o', 'addon.node']);
  need(built.status === 0, `the addon does not compile: ${said(built)}`);
  const addon = createRequire(import.meta.url)(join(process.cwd(), 'addon.node'));
  same(addon.kind, 'native', 'text from the addon');
  same(addon.add(40, 2), 42, 'sum from the addon');
  let thrown;
  try {
    addon.add('x');
  } catch (error) {
    thrown = error;
  }
  need(thrown instanceof TypeError, 'an error of the addon did not arrive');
  return { compiler: runtime.compiler, napi: process.versions.napi };
});

function compile(args) {
  return spawnSync(runtime.compiler, [...SHARED, ...args], { encoding: 'utf8' });
}

function said({ stderr, error, signal }) {
  return (stderr || String(error ?? signal)).trim().slice(0, 2000);
}
