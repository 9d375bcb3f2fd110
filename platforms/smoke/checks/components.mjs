// The versions of what the runtime is made of; the runner compares them with the label.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, need, runtime } from './evidence.mjs';

check(async () => {
  const { node, ...components } = process.versions;
  for (const name of ['v8', 'uv', 'openssl', 'zlib', 'modules', 'napi']) {
    need(components[name], `process.versions.${name} is missing`);
  }
  if (runtime.npm) {
    const manifest = join(runtime.npm, '..', '..', 'package.json');
    components.npm = JSON.parse(readFileSync(manifest, 'utf8')).version;
  }
  return components;
});
