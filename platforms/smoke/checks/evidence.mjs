// How a check speaks to the runner: one line of JSON on standard output and an exit code.
// 0 with the evidence, 1 with {"error"}, 77 with {"not run"}. Uses nothing that Node.js 18 lacks.
import { writeSync } from 'node:fs';
import { basename } from 'node:path';

/** What the runner knows: paths of the installed tree and how patient to be. */
export const runtime = JSON.parse(process.env.SMOKE);

/** The address every server here listens on. */
export const LOOPBACK = '127.0.0.1';

/** Thrown where the machine, not the runtime, is in the way. */
export class NotRun extends Error {}

export function need(truth, message) {
  if (!truth) throw new Error(message);
}

export function same(actual, expected, what) {
  need(
    Object.is(actual, expected),
    `${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`,
  );
}

export const sleep = (milliseconds) =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Start a server of node:net, node:http or node:https and give its port. */
export function listen(server) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: 0, host: LOOPBACK, backlog: 2048 }, () => resolve(server.address().port));
  });
}

/** Read a stream to its end as text. */
export async function text(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** Run the body of a check, say what came of it, and stop, whatever is still open. */
export async function check(body) {
  let line;
  let code = 0;
  try {
    line = { check: basename(process.argv[1]).replace(/\.\w+$/, ''), ...(await body()) };
  } catch (error) {
    // Limits on open files and on watches belong to the machine.
    const limited = error?.code === 'EMFILE' || error?.code === 'ENFILE';
    if (error instanceof NotRun || limited) {
      line = { 'not run': error.message };
      code = 77;
    } else {
      line = { error: error?.message || String(error), code: error?.code, stack: error?.stack };
      code = 1;
    }
  }
  writeSync(1, `${JSON.stringify(line)}\n`);
  process.exit(code);
}
