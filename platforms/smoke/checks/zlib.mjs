// Compression: round trips, streams, a file written by another program, damage that is noticed.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { check, need, same, text } from './evidence.mjs';

const PLAIN = Buffer.from(Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`).join(''));
// "from another program\n" by GNU gzip 1.12, without name and time.
const FOREIGN = 'H4sIAAAAAAAAA0srys9VSMzLL8lILVIoKMpPL0rM5QIAEFSOmRUAAAA=';

check(async () => {
  const codecs = {
    gzip: [zlib.gzip, zlib.gunzip],
    deflate: [zlib.deflate, zlib.inflate],
    brotli: [zlib.brotliCompress, zlib.brotliDecompress],
  };
  if (zlib.zstdCompress) codecs.zstd = [zlib.zstdCompress, zlib.zstdDecompress];
  const sizes = { plain: PLAIN.length };
  for (const [name, [compress, decompress]] of Object.entries(codecs)) {
    const packed = await promisify(compress)(PLAIN);
    need(packed.length < PLAIN.length / 2, `${name} does not compress`);
    need((await promisify(decompress)(packed)).equals(PLAIN), `${name} does not give back the input`);
    // The zstd of node:zlib does not mind an input that ends early, so its magic number is spoilt.
    const damaged = name === 'zstd' ? Buffer.from(packed).fill(0, 0, 4) : packed.subarray(0, 99);
    const outcome = await promisify(decompress)(damaged).catch((error) => error);
    need(outcome instanceof Error, `${name} did not notice damage`);
    sizes[name] = packed.length;
  }
  same(zlib.gunzipSync(Buffer.from(FOREIGN, 'base64')).toString(), 'from another program\n', 'gzip');

  let streamed = '';
  await pipeline(Readable.from([PLAIN]), zlib.createGzip(), zlib.createGunzip(), async (parts) => {
    streamed = await text(parts);
  });
  same(streamed, PLAIN.toString(), 'streamed');
  return { codecs: Object.keys(codecs), sizes };
});
