// NODE_EXTRA_CA_CERTS: a company's authority is trusted beside the shipped ones.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { check, listen, runtime, same } from './evidence.mjs';

const certificate = fileURLToPath(new URL('loopback-test-only.crt', import.meta.url));
const CLIENT = `
const options = { host: '127.0.0.1', servername: 'localhost', port: process.argv[1] };
require('node:https').get(options, (response) => {
  console.log(response.statusCode);
  response.resume();
}).on('error', (error) => console.log(error.code));
`;

check(async () => {
  const server = https.createServer(
    {
      cert: readFileSync(certificate),
      key: readFileSync(new URL('loopback-test-only.key', import.meta.url)),
    },
    (request, response) => response.end(),
  );
  const port = await listen(server);
  const ask = async (extra) => {
    const env = { ...process.env, ...extra };
    const run = promisify(execFile)(runtime.node, ['-e', CLIENT, String(port)], { env });
    return (await run).stdout.trim();
  };
  same(await ask({}), 'DEPTH_ZERO_SELF_SIGNED_CERT', 'without the extra certificate');
  same(await ask({ NODE_EXTRA_CA_CERTS: certificate }), '200', 'with the extra certificate');
  return { without: 'refused', with: 'trusted' };
});
