// Worker threads: shared memory, transferred memory, errors, and a main thread that stays free.
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { check, need, same } from './evidence.mjs';

const WORKERS = 4;
const ADDITIONS = 100_000;
const SCRIPT = `
const { parentPort, workerData, threadId } = require('node:worker_threads');
const cell = new Int32Array(workerData.memory);
if (workerData.fail) throw new RangeError('on purpose');
// Wait until all are running: they run side by side or never come past this line.
Atomics.add(cell, 1, 1);
Atomics.notify(cell, 1);
for (let seen; (seen = Atomics.load(cell, 1)) < workerData.workers; ) Atomics.wait(cell, 1, seen);
for (let index = 0; index < workerData.additions; index += 1) Atomics.add(cell, 0, 1);
parentPort.once('message', (buffer) => parentPort.postMessage({ threadId, buffer }, [buffer]));
`;

check(async () => {
  const memory = new SharedArrayBuffer(8);
  const workerData = { memory, workers: WORKERS, additions: ADDITIONS };
  const start = (data) => new Worker(SCRIPT, { eval: true, workerData: data });
  const workers = Array.from({ length: WORKERS }, () => start(workerData));
  const threads = new Set();
  await Promise.all(
    workers.map(async (worker) => {
      const buffer = new ArrayBuffer(1024);
      const answer = once(worker, 'message');
      worker.postMessage(buffer, [buffer]);
      same(buffer.byteLength, 0, 'size of a buffer that was given away');
      const [message] = await answer;
      same(message.buffer.byteLength, 1024, 'size of the buffer that came back');
      threads.add(message.threadId);
      await worker.terminate();
    }),
  );
  same(new Int32Array(memory)[0], WORKERS * ADDITIONS, 'additions in shared memory');
  same(threads.size, WORKERS, 'threads');
  const failure = await once(start({ memory, fail: true }), 'error').then(([error]) => error);
  need(failure instanceof RangeError, 'an error in a worker did not arrive');
  return { workers: WORKERS, additions: WORKERS * ADDITIONS };
});
