// The built-in server alone: keep-alive, a thousand connections at the same time, streaming.
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import { pipeline } from 'node:stream/promises';
import { check, listen, LOOPBACK, need, same, text } from './evidence.mjs';

const CONNECTIONS = 1_000;
const REQUESTS = 100;
const BLOCK = randomBytes(1 << 20);
const BLOCKS = 16;

check(async () => ({
  ...(await keepAlive()),
  ...(await simultaneous()),
  ...(await dialogue()),
  ...(await streaming()),
}));

async function serve(handler) {
  const server = http.createServer(handler);
  return { server, port: await listen(server) };
}

function stop(server) {
  server.close();
  server.closeAllConnections?.();
}

function get(port, path, agent) {
  return new Promise((resolve, reject) => {
    http.get({ host: LOOPBACK, port, path, agent }, resolve).once('error', reject);
  });
}

async function keepAlive() {
  const { server, port } = await serve((request, response) => response.end(request.url));
  let connections = 0;
  server.on('connection', () => (connections += 1));
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (let index = 0; index < REQUESTS; index += 1) {
    same(await text(await get(port, `/${index}`, agent)), `/${index}`, 'answer');
  }
  agent.destroy();
  stop(server);
  same(connections, 1, `connections for ${REQUESTS} requests with keep-alive`);
  return { keep_alive_requests: REQUESTS, keep_alive_connections: connections };
}

/** Nobody is answered before everybody has asked, so all are open together. */
async function simultaneous() {
  const waiting = [];
  const { server, port } = await serve((request, response) => {
    waiting.push([request, response]);
    if (waiting.length === CONNECTIONS) for (const [{ url }, answer] of waiting) answer.end(url);
  });
  let open = 0;
  let most = 0;
  server.on('connection', (socket) => {
    most = Math.max(most, (open += 1));
    socket.once('close', () => (open -= 1));
  });
  const agent = new http.Agent({ keepAlive: false, maxSockets: Infinity });
  const answers = await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, index) =>
      text(await get(port, `/${index}`, agent)),
    ),
  );
  stop(server);
  answers.forEach((answer, index) => same(answer, `/${index}`, 'answer'));
  same(most, CONNECTIONS, 'connections open at the same time');
  return { simultaneous_connections: most };
}

/** The second part is written only after the first has arrived. */
async function dialogue() {
  let second;
  const { server, port } = await serve((request, response) => {
    response.write('first');
    second = () => response.end('second');
  });
  const response = await get(port, '/');
  const parts = [];
  for await (const part of response) {
    parts.push(part.toString());
    if (parts.length === 1) second();
  }
  stop(server);
  same(parts.join(), 'first,second', 'streamed parts');
  return { streamed_parts: parts.length };
}

async function streaming() {
  const { server, port } = await serve((request, response) =>
    pipeline(async function* () {
      for (let index = 0; index < BLOCKS; index += 1) yield BLOCK;
    }, response).catch(() => response.destroy()),
  );
  const received = createHash('sha256');
  let bytes = 0;
  for await (const part of await get(port, '/')) {
    bytes += part.length;
    received.update(part);
  }
  stop(server);
  const sent = createHash('sha256');
  for (let index = 0; index < BLOCKS; index += 1) sent.update(BLOCK);
  need(received.digest('hex') === sent.digest('hex'), 'the streamed body arrived changed');
  return { streamed_bytes: bytes };
}
