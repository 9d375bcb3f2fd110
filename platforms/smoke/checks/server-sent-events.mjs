// Real time, one way: what one client posts, another hears at once on its open event stream.
import { once } from 'node:events';
import http from 'node:http';
import { check, listen, LOOPBACK, same, text } from './evidence.mjs';

const MESSAGES = 100;

check(async () => {
  let id = 0;
  const listeners = new Set();
  const port = await listen(
    http.createServer(async (request, response) => {
      if (request.method === 'POST') {
        const message = await text(request);
        id += 1;
        for (const listener of listeners) listener.write(`id: ${id}\ndata: ${message}\n\n`);
        response.writeHead(204).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.flushHeaders();
      listeners.add(response);
    }),
  );
  const [stream] = await once(http.get({ host: LOOPBACK, port }), 'response');
  same(stream.headers['content-type'], 'text/event-stream', 'content type');
  stream.setEncoding('utf8');
  const events = heard(stream);
  const agent = new http.Agent({ keepAlive: true });
  for (let index = 1; index <= MESSAGES; index += 1) {
    const message = `message ${index} – ✓`;
    const post = http.request({ host: LOOPBACK, port, method: 'POST', agent });
    post.end(message);
    const [answer] = await once(post, 'response');
    answer.resume();
    same((await events.next()).value, `id: ${index}\ndata: ${message}`, 'event');
  }
  return { messages: MESSAGES };
});

async function* heard(stream) {
  let rest = '';
  for await (const part of stream) {
    const events = (rest + part).split('\n\n');
    rest = events.pop();
    yield* events;
  }
}
