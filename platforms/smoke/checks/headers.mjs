// The headers for native addons are there, and they are those of this very runtime.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NotRun, check, need, runtime, same } from './evidence.mjs';

const WANTED = [
  'node.h', 'node_api.h', 'js_native_api.h', 'node_buffer.h', 'node_version.h', 'v8.h', 'uv.h',
  'zlib.h', 'openssl/ssl.h', 'config.gypi', 'common.gypi',
];

check(async () => {
  if (!runtime.headers && process.platform === 'win32') {
    throw new NotRun('Node.js comes without headers on Windows; node-gyp fetches them');
  }
  need(runtime.headers, `there is no include/node below ${runtime.prefix}`);
  const missing = WANTED.filter((name) => !existsSync(join(runtime.headers, name)));
  same(missing.join(' '), '', `missing in ${runtime.headers}`);
  const text = readFileSync(join(runtime.headers, 'node_version.h'), 'utf8');
  const number = (name) => new RegExp(`#define ${name} (\\d+)`).exec(text)?.[1];
  const version = ['MAJOR', 'MINOR', 'PATCH'].map((part) => number(`NODE_${part}_VERSION`)).join('.');
  need(process.versions.node.split('-')[0] === version, `headers of ${version}, not of this runtime`);
  same(number('NODE_MODULE_VERSION'), process.versions.modules, 'NODE_MODULE_VERSION');
  return { headers: runtime.headers, version, modules: process.versions.modules };
});
