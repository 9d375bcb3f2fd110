// A proxy that asks several back ends at once answers in about the slowest one's time.
import http from 'node:http';
import { performance } from 'node:perf_hooks';
import { check, listen, LOOPBACK, need, runtime, same, sleep, text } from './evidence.mjs';

const DELAYS = [150, 200, 250, 300, 350, 400, 450, 500].map((delay) => delay * runtime.pace);

check(async () => {
  const ports = await Promise.all(
    DELAYS.map((delay) =>
      listen(
        http.createServer(async (request, response) => {
          await sleep(request.url === '/slow' ? delay : 0);
          response.end(String(delay));
        }),
      ),
    ),
  );
  const proxy = await listen(
    http.createServer(async (request, response) => {
      const answers = await Promise.all(ports.map((port) => fetchText(port, request.url)));
      response.end(answers.join());
    }),
  );

  same(await fetchText(proxy, '/warm'), DELAYS.join(), 'gathered answers');
  const start = performance.now();
  same(await fetchText(proxy, '/slow'), DELAYS.join(), 'gathered answers');
  const elapsed = performance.now() - start;

  const slowest = Math.max(...DELAYS);
  const sum = DELAYS.reduce((a, b) => a + b);
  const limit = (slowest + sum) / 2;
  need(elapsed > slowest - 5, `answered in ${elapsed} ms, before the slowest back end`);
  need(elapsed < limit, `took ${elapsed} ms; the slowest takes ${slowest}, all in a row ${sum}`);
  return {
    back_ends: DELAYS.length,
    elapsed_ms: Math.round(elapsed),
    slowest_ms: slowest,
    sum_ms: sum,
    limit_ms: limit,
  };
});

function fetchText(port, path) {
  return new Promise((resolve, reject) => {
    http
      .get({ host: LOOPBACK, port, path }, (response) => text(response).then(resolve, reject))
      .once('error', reject);
  });
}
