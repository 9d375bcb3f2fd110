// Cryptography, against published test vectors where there are any.
import crypto from 'node:crypto';
import { promisify } from 'node:util';
import { check, need, same } from './evidence.mjs';

const hex = (text) => Buffer.from(text, 'hex');

check(async () => {
  // FIPS 180-4 and FIPS 202, the message "abc".
  const digests = {
    sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    sha512:
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
      '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    'sha3-256': '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532',
  };
  for (const [name, expected] of Object.entries(digests)) {
    same(crypto.createHash(name).update('abc').digest('hex'), expected, name);
  }
  // RFC 4231, test case 2.
  same(
    crypto.createHmac('sha256', 'Jefe').update('what do ya want for nothing?').digest('hex'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    'HMAC-SHA-256',
  );
  // RFC 7914, section 12, second vector.
  const scrypt = await promisify(crypto.scrypt)('password', 'NaCl', 64, { N: 1024, r: 8, p: 16 });
  same(
    scrypt.toString('hex'),
    'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162' +
      '2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
    'scrypt',
  );
  aes();
  await signatures();
  await webCrypto();
  need(!crypto.randomBytes(32).equals(crypto.randomBytes(32)), 'random bytes repeat');
  return {
    digests: Object.keys(digests),
    ciphers: crypto.getCiphers().length,
    curves: crypto.getCurves().length,
    fips: crypto.getFips(),
  };
});

/** AES-256-GCM: test case 14 of the GCM specification, and a tag that does not fit. */
function aes() {
  const [key, iv] = [Buffer.alloc(32), Buffer.alloc(12)];
  const cipher = crypto.createCipheriv('aes-256-gcm', key, iv);
  const sealed = Buffer.concat([cipher.update(Buffer.alloc(16)), cipher.final()]);
  same(sealed.toString('hex'), 'cea7403d4d606b6e074ec5d3baf39d18', 'AES-256-GCM');
  const tag = cipher.getAuthTag();
  same(tag.toString('hex'), 'd0d1c8a799996bf0265b98b5d48ab919', 'AES-256-GCM tag');
  const open = () => {
    const decipher = crypto.createDecipheriv('aes-256-gcm', key, iv).setAuthTag(tag);
    return Buffer.concat([decipher.update(sealed), decipher.final()]);
  };
  need(open().equals(Buffer.alloc(16)), 'AES-256-GCM did not open what it sealed');
  tag[0] ^= 1;
  let refused = false;
  try {
    open();
  } catch {
    refused = true;
  }
  need(refused, 'AES-256-GCM opened a forgery');
}

async function signatures() {
  // RFC 8032, section 7.1, test 2: the private and the public key wrapped as PKCS #8 and SPKI.
  const privateKey = crypto.createPrivateKey({
    key: hex(
      '302e020100300506032b657004220420' +
        '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    ),
    format: 'der',
    type: 'pkcs8',
  });
  const signature = crypto.sign(null, hex('72'), privateKey);
  same(
    signature.toString('hex'),
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    'Ed25519',
  );
  const publicKey = crypto.createPublicKey(privateKey);
  need(crypto.verify(null, hex('72'), publicKey, signature), 'Ed25519 refused its own signature');
  need(!crypto.verify(null, hex('73'), publicKey, signature), 'Ed25519 accepted a forgery');

  const pairs = {
    rsa: { modulusLength: 2048 },
    ec: { namedCurve: 'P-256' },
  };
  for (const [type, options] of Object.entries(pairs)) {
    const pair = await promisify(crypto.generateKeyPair)(type, options);
    const signed = crypto.sign('sha256', hex('72'), pair.privateKey);
    need(crypto.verify('sha256', hex('72'), pair.publicKey, signed), `${type} refused its signature`);
    need(!crypto.verify('sha256', hex('73'), pair.publicKey, signed), `${type} accepted a forgery`);
  }
}

async function webCrypto() {
  const { subtle } = crypto.webcrypto;
  const key = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const how = { name: 'AES-GCM', iv: crypto.webcrypto.getRandomValues(new Uint8Array(12)) };
  const sealed = await subtle.encrypt(how, key, Buffer.from('plain'));
  same(Buffer.from(await subtle.decrypt(how, key, sealed)).toString(), 'plain', 'Web Crypto');
  const digest = await subtle.digest('SHA-256', Buffer.from('abc'));
  same(Buffer.from(digest).toString('hex').slice(0, 8), 'ba7816bf', 'Web Crypto digest');
}
