// File watching: a change in a folder is reported by name.
import { mkdirSync, watch, writeFileSync } from 'node:fs';
import { check, need, NotRun, sleep } from './evidence.mjs';

check(async () => {
  mkdirSync('watched');
  const seen = new Set();
  let watcher;
  try {
    watcher = watch('watched', (event, name) => seen.add(name));
  } catch (error) {
    // inotify's limit on watches belongs to the machine.
    if (error.code === 'ENOSPC') throw new NotRun(error.message);
    throw error;
  }
  let writes = 0;
  // Some systems start to watch a moment after they were asked to.
  while (!seen.has('news.txt') && writes < 100) {
    writeFileSync('watched/news.txt', String((writes += 1)));
    await sleep(20);
  }
  watcher.close();
  need(seen.has('news.txt'), `no word of ${writes} writes`);
  return { writes, reported: [...seen] };
});
