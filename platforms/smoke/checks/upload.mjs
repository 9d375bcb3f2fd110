// A file is uploaded, and whoever watches hears of its progress while it runs.
// Each slice is sent only after the progress of the one before was reported.
import { createHash, randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createReadStream, createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { pipeline } from 'node:stream/promises';
import { check, listen, LOOPBACK, need, same, text } from './evidence.mjs';

const SLICE = 1 << 20;
const SLICES = 8;

check(async () => {
  writeFileSync('original', randomBytes(SLICE * SLICES));
  const progress = new EventEmitter();
  let finished = false;
  const port = await listen(
    http.createServer(async (request, response) => {
      if (request.method === 'GET') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.flushHeaders();
        progress.on('bytes', (bytes) => response.write(`data: ${bytes}\n\n`));
        return;
      }
      let bytes = 0;
      request.on('data', (part) => progress.emit('bytes', (bytes += part.length)));
      await pipeline(request, createWriteStream('uploaded'));
      finished = true;
      response.end(String(bytes));
    }),
  );

  const reported = [];
  const heard = new EventEmitter();
  const [watch] = await once(http.get({ host: LOOPBACK, port }), 'response');
  watch.setEncoding('utf8');
  let rest = '';
  watch.on('data', (part) => {
    const lines = (rest + part).split('\n\n');
    rest = lines.pop();
    for (const line of lines) reported.push(Number(line.replace('data: ', '')));
    heard.emit('progress');
  });

  const request = http.request({ host: LOOPBACK, port, method: 'PUT' });
  const answered = once(request, 'response');
  let during = 0;
  let sent = 0;
  for await (const slice of createReadStream('original', { highWaterMark: SLICE })) {
    request.write(slice);
    sent += slice.length;
    while ((reported.at(-1) ?? 0) < sent) await once(heard, 'progress');
    need(!finished, 'the upload had ended before its progress was reported');
    during += 1;
  }
  request.end();
  const [response] = await answered;
  same(await text(response), String(SLICE * SLICES), 'uploaded bytes');
  for (let index = 1; index < reported.length; index += 1) {
    need(reported[index] > reported[index - 1], 'progress went backwards');
  }
  same(digest('uploaded'), digest('original'), 'digest of the uploaded file');
  return { bytes: sent, progress_events: reported.length, heard_while_running: during };
});

function digest(name) {
  return createHash('sha256').update(readFileSync(name)).digest('hex');
}
