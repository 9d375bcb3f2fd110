// npm and npx are there under the names people type, lead into the installed tree, and answer.
import { existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { check, need, runtime, same } from './evidence.mjs';
import { npm, npx, run, shell } from './package-manager.mjs';

check(async () => {
  need(runtime.npm && runtime.npx, `npm is not below ${runtime.prefix}`);
  const manifest = JSON.parse(readFileSync(join(runtime.npm, '..', '..', 'package.json'), 'utf8'));
  same(npm(['--version']), manifest.version, 'npm --version');
  same(npx(['--version']), manifest.version, 'npx --version');
  const commands = {};
  if (process.platform === 'win32') {
    for (const name of ['npm.cmd', 'npx.cmd']) {
      const command = join(runtime.commands, name);
      need(existsSync(command), `${name} is missing beside node`);
      same(shell(command, ['--version']), manifest.version, `${name} --version`);
      commands[name] = command;
    }
    return { npm: manifest.version, commands };
  }
  for (const name of ['npm', 'npx']) {
    const command = join(runtime.commands, name);
    need(lstatSync(command, { throwIfNoEntry: false }), `${command} is missing`);
    const real = realpathSync(command);
    const inside = relative(realpathSync(runtime.prefix), real);
    need(!inside.startsWith(`..${sep}`), `${command} leads out of the tree, to ${real}`);
    need(lstatSync(real).mode & 0o111, `${inside} cannot be executed`);
    same(run(command, ['--version']), manifest.version, `${name} --version`);
    commands[name] = inside;
  }
  return { npm: manifest.version, commands };
});
