/**
 * Twenty minutes with everything flapping: 30 watches at every second, Atlas and receivers that come and go, a changed configuration
 * every 20 s. Prints what the process held early and late, and ends with exit code 1 when that grew, or when it was long in ending.
 */
import { parseArgs } from 'node:util';
import { soak, trendOf } from '../test/soak/soak.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '20' } } });
const report = await soak({
  seconds: Number(values.minutes) * 60,
  watches: 30,
  reloadEverySeconds: 20,
  sampleEveryMs: 5_000,
  log: (text) => console.error(text),
});

const { samples, reloads, requests, stopMs, exitCode, surprises } = report;
const [heapEarly, heapLate] = trendOf(samples, 'heapBytes');
const [fdEarly, fdLate] = trendOf(samples, 'descriptors');
const [timersEarly, timersLate] = trendOf(samples, 'timers');
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
console.log(`${values.minutes} minutes, ${reloads} reloads, ${requests} requests to Atlas`);
console.log(
  `heap ${megabytes(heapEarly)} → ${megabytes(heapLate)}, descriptors ${fdEarly} → ${fdLate}, timers ${timersEarly} → ${timersLate}`,
);
console.log(`ended within ${stopMs} ms of SIGTERM, with ${exitCode}`);
const violations = [
  ...(heapLate > heapEarly + 3 * 2 ** 20 ? ['the heap has grown'] : []),
  ...(fdLate > fdEarly + 10 ? ['descriptors have grown'] : []),
  ...(timersLate > timersEarly + 10 ? ['timers have grown'] : []),
  ...(stopMs > 1_000 ? ['it took more than a second to end'] : []),
  ...(exitCode === 0 ? [] : [`it ended with ${exitCode}`]),
  ...surprises.map((message) => `the log says: ${message}`),
];
for (const violation of violations) console.error(`violation: ${violation}`);
process.exitCode = violations.length > 0 ? 1 : 0;
