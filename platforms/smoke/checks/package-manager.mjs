// Runs the npm that lies in the installed tree, with the installed node, away from the network.
import { spawnSync } from 'node:child_process';
import { need, runtime } from './evidence.mjs';

const QUIET = ['--offline', '--no-audit', '--no-fund', '--no-update-notifier'];

/** Run one of npm's programs and give its standard output. */
export function run(program, args, cwd = process.cwd()) {
  const ended = spawnSync(runtime.node, [program, ...QUIET, ...args], { cwd, encoding: 'utf8' });
  const said = (ended.stderr || ended.stdout || String(ended.error ?? ended.signal)).trim();
  need(ended.status === 0, `npm ${args.join(' ')}: ${said.slice(-2000)}`);
  return ended.stdout.trim();
}

/** Run a batch file of Windows in its shell, and give the last line: Wine's prints comments first. */
export function shell(command, args) {
  const words = ['/d', '/s', '/c', `""${command}" ${[...QUIET, ...args].join(' ')}"`];
  const options = { encoding: 'utf8', windowsVerbatimArguments: true };
  const ended = spawnSync(process.env.ComSpec, words, options);
  const said = (ended.stderr || ended.stdout || String(ended.error ?? ended.signal)).trim();
  need(ended.status === 0, `${command} ${args.join(' ')}: ${said.slice(-2000)}`);
  return ended.stdout.trim().split(/\r?\n/).at(-1);
}

// In a root directory /etc/npmrc would be that of the machine underneath.
const global = `--globalconfig=${runtime.globalconfig}`;

export const npm = (args, cwd) => run(runtime.npm, [global, ...args], cwd);
export const npx = (args, cwd) => run(runtime.npx, [global, ...args], cwd);
