import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Signals } from '../signals.ts';

/**
 * By how many per cent of what is alive the heap may grow before it is tidied up. V8 itself goes by the limit of the heap: 30 for a
 * small one, 300 for that of a large machine, where the garbage of an hour outweighs all that the daemon needs.
 */
const GROWTH_PERCENT = 50;

/** V8's own, by which the young generation grows. */
const YOUNG_GROWTH = 2;

/** What follows the first polls (the mirror of the audit log, routes, deliveries) has been done by then, in milliseconds. */
const START_ENDS_AFTER_MS = 3_000;

/** The start is over then, whatever has not answered yet, in milliseconds. */
const LONGEST_START_MS = 60_000;

/**
 * Keeps the heap in proportion to what is alive in it, on whatever machine, until the function that it returns is called. To be called
 * once the program is loaded, and undone before the process ends: code that V8 compiles under other flags is not used, nor is it of use
 * to the next start.
 */
export function boundHeapGrowth(percent = GROWTH_PERCENT): () => void {
  v8.setFlagsFromString(`--heap-growing-percent=${percent}`);
  return () => v8.setFlagsFromString('--heap-growing-percent=0');
}

/**
 * Bounds the heap as soon as the start is over, when each of these watches has been polled. A start makes more garbage in a second than
 * the daemon does afterwards in minutes, so until then the young generation may grow as far as the command line has it. From then on it
 * grows no more as long as no page is open, and V8 has taken it back to its least, unless the polls are so large that it is busy.
 * @returns the function that undoes it, as `boundHeapGrowth` does.
 */
export function boundHeapAfterStart(
  signals: Pick<Signals, 'on'>,
  watches: Iterable<string>,
  setTimer: (work: () => void, ms: number) => NodeJS.Timeout = setTimeout,
): () => void {
  const unpolled = new Set(watches);
  let undo = (): void => {};
  const bound = (): void => {
    stopWaiting();
    const unbound = boundHeapGrowth();
    const released = boundYoung(signals);
    undo = () => {
      released();
      unbound();
    };
  };
  let timer = setTimer(bound, LONGEST_START_MS);
  const stopListening = signals.on('poll:finished', ({ watch }) => {
    if (!unpolled.delete(watch) || unpolled.size > 0) return;
    clearTimeout(timer);
    timer = setTimer(bound, START_ENDS_AFTER_MS);
  });
  const stopWaiting = (): void => {
    clearTimeout(timer);
    stopListening();
  };
  return () => {
    stopWaiting();
    undo();
  };
}

/**
 * Keeps the young generation at its least, but while pages are open: what is made for them is garbage a second later, and the more room there
 * is for it, the less is copied.
 * @returns the function that undoes it.
 */
function boundYoung(signals: Pick<Signals, 'on'>): () => void {
  const letGrow = (): void => v8.setFlagsFromString(`--semi-space-growth-factor=${YOUNG_GROWTH}`);
  const shrink = (): void => {
    v8.setFlagsFromString('--semi-space-growth-factor=1');
    collectYoung();
  };
  shrink();
  const stopListening = signals.on('pages:watched', ({ isWatched }) => (isWatched ? letGrow() : shrink()));
  return () => {
    stopListening();
    letGrow();
  };
}

/** Tidies the young generation up, which takes a millisecond: V8 makes it smaller on such an occasion alone. */
function collectYoung(): void {
  v8.setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  v8.setFlagsFromString('--no-expose-gc');
  if (typeof collect === 'function') collect({ type: 'minor' });
}
