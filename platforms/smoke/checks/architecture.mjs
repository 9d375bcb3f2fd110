// For which machine the runtime was built; the runner compares it with the label.
import os from 'node:os';
import { check, need, same } from './evidence.mjs';

check(async () => {
  same(os.platform(), process.platform, 'os.platform()');
  same(os.arch(), process.arch, 'os.arch()');
  need(os.endianness() === endianness(), 'os.endianness() and the memory disagree');
  const evidence = {
    platform: process.platform,
    arch: process.arch,
    endianness: os.endianness(),
  };
  if (process.platform === 'linux') {
    process.report.excludeNetwork = true;
    const { glibcVersionRuntime } = process.report.getReport().header;
    evidence.libc = glibcVersionRuntime ? 'glibc' : 'musl';
    evidence.glibc = glibcVersionRuntime;
  }
  return evidence;
});

function endianness() {
  return new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 'LE' : 'BE';
}
