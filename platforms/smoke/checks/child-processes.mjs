// Child processes: pipes, exit codes, signals, environment, messages.
import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { check, runtime, same, text } from './evidence.mjs';

check(async () => {
  const node = (code, options) => spawn(runtime.node, ['-e', code], options);

  const cat = node('process.stdin.pipe(process.stdout)');
  cat.stdin.end('through a pipe ✓');
  same(await text(cat.stdout), 'through a pipe ✓', 'standard output');

  const [code] = await once(node('process.exit(7)'), 'exit');
  same(code, 7, 'exit code');

  const env = { ...process.env, GREETING: 'hello' };
  const options = { env, encoding: 'utf8' };
  const greeting = execFileSync(runtime.node, ['-p', 'process.env.GREETING'], options);
  same(greeting.trim(), 'hello', 'environment');

  const endless = node('console.log("up"); setInterval(() => {}, 1000)');
  await once(endless.stdout, 'data');
  endless.kill('SIGTERM');
  const [, signal] = await once(endless, 'exit');
  same(signal, 'SIGTERM', 'signal');

  writeFileSync('child.cjs', "process.on('message', (x) => process.send(x * 2, () => process.disconnect()))");
  const child = fork('./child.cjs', { execPath: runtime.node });
  child.send(21);
  const [answer] = await once(child, 'message');
  same(answer, 42, 'answer of a forked child');
  await once(child, 'exit');
  return { pipes: true, exit_code: code, signal, messages: true };
});
