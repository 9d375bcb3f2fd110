// Real time, both ways: RFC 6455 over the upgrade event of node:http, with a client of our own,
// and with the built-in WebSocket where this version has it.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { check, listen, LOOPBACK, need, same } from './evidence.mjs';

const [TEXT, BINARY, CLOSE, PING, PONG] = [1, 2, 8, 9, 10];
// One message for each of the three forms of a length (section 5.2).
const MESSAGES = ['small ✓', 'x'.repeat(300), 'y'.repeat(70_000)];

check(async () => {
  const server = http.createServer((request, response) => response.writeHead(426).end());
  server.on('upgrade', echo);
  const port = await listen(server);
  const evidence = { frames: await ownClient(port), built_in_client: false };
  if (typeof WebSocket === 'function') evidence.built_in_client = await builtInClient(port);
  return evidence;
});

/** Section 1.3: the key and a fixed GUID, hashed. */
function accept(key) {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

async function echo(request, socket, head) {
  socket.on('error', () => {});
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept(request.headers['sec-websocket-key'])}\r\n\r\n`,
  );
  if (head.length) socket.unshift(head);
  for await (const { opcode, payload } of frames(socket)) {
    socket.write(frame(opcode === PING ? PONG : opcode, payload));
    if (opcode === CLOSE) break;
  }
  socket.end();
}

async function ownClient(port) {
  const key = randomBytes(16).toString('base64');
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': key,
    'Sec-WebSocket-Version': '13',
  };
  const request = http.get({ host: LOOPBACK, port, headers });
  const [response, socket, head] = await once(request, 'upgrade');
  same(response.headers['sec-websocket-accept'], accept(key), 'Sec-WebSocket-Accept');
  if (head.length) socket.unshift(head);
  const answers = frames(socket);
  let count = 0;
  const exchange = async (opcode, payload, expected) => {
    socket.write(frame(opcode, payload, randomBytes(4)));
    const answer = (await answers.next()).value;
    same(answer.opcode, expected, 'opcode of the answer');
    need(answer.payload.equals(payload), 'the answer differs from what was sent');
    count += 1;
  };
  for (const message of MESSAGES) await exchange(TEXT, Buffer.from(message), TEXT);
  await exchange(BINARY, randomBytes(1000), BINARY);
  await exchange(PING, Buffer.from('beat'), PONG);
  await exchange(CLOSE, Buffer.from([0x03, 0xe8]), CLOSE);
  return count;
}

async function builtInClient(port) {
  const client = new WebSocket(`ws://${LOOPBACK}:${port}`);
  const event = (name) =>
    new Promise((resolve, reject) => {
      client.addEventListener(name, resolve, { once: true });
      client.addEventListener('error', () => reject(new Error('the built-in WebSocket failed')));
    });
  await event('open');
  for (const message of MESSAGES) {
    const answer = event('message');
    client.send(message);
    same((await answer).data, message, 'message to the built-in WebSocket');
  }
  const closed = event('close');
  client.close(1000);
  same((await closed).code, 1000, 'close code');
  return true;
}

/** Section 5.2; a mask makes it a client's frame. */
function frame(opcode, payload, mask) {
  const { length } = payload;
  const form = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const header = Buffer.alloc(2 + form);
  header[0] = 0x80 | opcode;
  header[1] = (mask ? 0x80 : 0) | (form === 0 ? length : form === 2 ? 126 : 127);
  if (form === 2) header.writeUInt16BE(length, 2);
  if (form === 8) header.writeBigUInt64BE(BigInt(length), 2);
  if (!mask) return Buffer.concat([header, payload]);
  return Buffer.concat([header, mask, payload.map((byte, index) => byte ^ mask[index % 4])]);
}

async function* frames(socket) {
  let data = Buffer.alloc(0);
  for await (const part of socket) {
    data = Buffer.concat([data, part]);
    for (let found; (found = parse(data)); data = data.subarray(found.size)) yield found;
  }
}

function parse(data) {
  if (data.length < 2) return undefined;
  const masked = data[1] & 0x80;
  let length = data[1] & 0x7f;
  const form = length === 126 ? 2 : length === 127 ? 8 : 0;
  const start = 2 + form + (masked ? 4 : 0);
  if (data.length < start) return undefined;
  if (form === 2) length = data.readUInt16BE(2);
  if (form === 8) length = Number(data.readBigUInt64BE(2));
  const size = start + length;
  if (data.length < size) return undefined;
  const mask = data.subarray(start - 4, start);
  const raw = data.subarray(start, size);
  const payload = masked ? raw.map((byte, index) => byte ^ mask[index % 4]) : raw;
  return { opcode: data[0] & 0x0f, payload, size };
}
