/**
 * Loaded into a replica before the program (`--import`): its wall clock is as many milliseconds ahead as the file says that
 * `STORM_CLOCK_FILE` names, and steps when SIGUSR2 comes. The clock that cannot step is left alone.
 */
import { readFileSync } from 'node:fs';

const file = process.env.STORM_CLOCK_FILE;
if (file !== undefined) {
  const TrueDate = Date;
  const read = (): number => Number(readFileSync(file, 'utf8'));
  let aheadMs = read();
  const now = (): number => TrueDate.now() + aheadMs;
  globalThis.Date = new Proxy(TrueDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
  });
  process.on('SIGUSR2', () => {
    aheadMs = read();
  });
}
