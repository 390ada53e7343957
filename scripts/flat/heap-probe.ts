/**
 * Loaded into a daemon before the program (`--import`): writes down now and then how much of the heap is in use, and at SIGUSR2 what
 * is alive after a collection. It imports nothing but Node, so that it can run as plain JavaScript.
 */
import { appendFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const { HEAP_PROBE_FILE: file, HEAP_PROBE_EVERY_MS } = process.env;
if (file !== undefined) {
  const note = (kind: 'used' | 'alive'): void =>
    appendFileSync(file, `${kind} ${process.memoryUsage().heapUsed}\n`);
  setInterval(() => note('used'), Number(HEAP_PROBE_EVERY_MS)).unref();
  process.on('SIGUSR2', () => {
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    note('alive');
  });
}
