// TLS: the certificate authorities that ship with the runtime, and a handshake on loopback that
// succeeds for who trusts the server's certificate and for nobody else.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import tls from 'node:tls';
import { check, listen, LOOPBACK, need, same, text } from './evidence.mjs';

const read = (name) => readFileSync(new URL(name, import.meta.url));
const cert = read('loopback-test-only.crt');
const key = read('loopback-test-only.key');

check(async () => {
  const roots = tls.rootCertificates.map((pem) => new X509Certificate(pem));
  need(roots.length >= 100, `only ${roots.length} certificate authorities ship with the runtime`);
  const now = Date.now();
  const valid = roots.filter(({ validTo }) => Date.parse(validTo) > now).length;
  need(valid > roots.length / 2, `only ${valid} of ${roots.length} authorities are valid today`);
  for (const root of roots) {
    need(root.ca && root.verify(root.publicKey), `no certificate authority: ${root.subject}`);
  }

  const server = https.createServer({ cert, key }, (request, response) =>
    response.end(request.socket.getProtocol()),
  );
  const port = await listen(server);
  const protocols = {};
  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    const options = { ca: cert, minVersion: version, maxVersion: version };
    same(await text(await get(port, options)), version, 'negotiated protocol');
    protocols[version] = true;
  }
  const stranger = await get(port, {}).catch((error) => error);
  same(stranger.code, 'DEPTH_ZERO_SELF_SIGNED_CERT', 'a certificate nobody vouches for');
  const wrong = await get(port, { ca: cert, servername: 'elsewhere.invalid' }).catch((error) => error);
  same(wrong.code, 'ERR_TLS_CERT_ALTNAME_INVALID', 'a certificate for another name');
  return { authorities: roots.length, valid_today: valid, protocols };
});

function get(port, options) {
  return new Promise((resolve, reject) => {
    https
      .get({ host: LOOPBACK, port, agent: false, servername: 'localhost', ...options }, resolve)
      .once('error', reject);
  });
}
