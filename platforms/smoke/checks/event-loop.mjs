// Event-driven, non-blocking: ten thousand timers and a thousand pending reads, while a heartbeat
// keeps its rhythm. A machine may hiccup, so three rounds are tried; a loop that blocks fails all.
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import { check, listen, LOOPBACK, need, runtime, same } from './evidence.mjs';

const TIMERS = 10_000;
const READS = 1_000;
const BEAT = 10;
const SPREAD = 1_000 * runtime.pace;
const ROUNDS = 3;

check(async () => {
  const accepted = [];
  const server = net.createServer((socket) => accepted.push(socket));
  const port = await listen(server);
  const clients = [];
  while (clients.length < READS) {
    const batch = Array.from({ length: 100 }, () => connect(port));
    clients.push(...(await Promise.all(batch)));
  }
  while (accepted.length < READS) await new Promise(setImmediate);

  const rounds = [];
  do rounds.push(await round(accepted, clients));
  while (!rounds.at(-1).rhythm && rounds.length < ROUNDS);
  need(rounds.at(-1).rhythm, `the heartbeat lost its rhythm: ${JSON.stringify(rounds)}`);
  return { timers: TIMERS, reads: READS, beat_ms: BEAT, rounds };
});

function connect(port) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, LOOPBACK, () => resolve(socket)).once('error', reject);
  });
}

async function round(accepted, clients) {
  const gaps = [];
  const start = performance.now();
  let last = start;
  const heart = setInterval(() => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
  }, BEAT);

  let done = 0;
  const reads = clients.map(
    (client) => new Promise((resolve) => client.once('data', (data) => resolve(data, (done += 1)))),
  );
  let early = 0;
  const timers = Array.from(
    { length: TIMERS },
    (_, index) =>
      new Promise((resolve) => {
        const delay = index % SPREAD;
        const asked = performance.now();
        setTimeout(() => {
          if (performance.now() - asked < delay - 2) early += 1;
          resolve();
        }, delay);
      }),
  );
  await Promise.all(timers);
  same(early, 0, 'timers that fired early');
  same(done, 0, 'reads that ended before anything was written');

  for (const socket of accepted) socket.write('x');
  for (const data of await Promise.all(reads)) same(data.toString(), 'x', 'what a read gave');
  clearInterval(heart);

  const elapsed = performance.now() - start;
  gaps.sort((a, b) => a - b);
  const p95 = Math.round(gaps[Math.floor(gaps.length * 0.95)] ?? elapsed);
  const longest = Math.round(gaps.at(-1) ?? elapsed);
  const { pace } = runtime;
  const rhythm =
    gaps.length >= elapsed / BEAT / (4 * pace) && p95 <= 100 * pace && longest <= 1_000 * pace;
  return { rhythm, beats: gaps.length, elapsed_ms: Math.round(elapsed), p95_ms: p95, longest_ms: longest };
}
