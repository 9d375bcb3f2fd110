// The version, as the runtime and as its command line say it.
import { execFileSync } from 'node:child_process';
import { check, runtime, same } from './evidence.mjs';

check(async () => {
  same(process.release.name, 'node', 'process.release.name');
  const printed = execFileSync(runtime.node, ['--version'], { encoding: 'utf8' }).trim();
  same(printed, process.version, 'node --version');
  return { version: process.versions.node, lts: process.release.lts ?? '' };
});
