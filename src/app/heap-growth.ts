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

/** Twice the least that V8 has for it. */
const SMALL_YOUNG_BYTES = 2.2e6;
/** No multiple of how often watches are polled: between polls little is made. Milliseconds. */
const SHRINK_AGAIN_MS = 7_300;
/** Where it is not small by then, the polls are so large that it is needed. */
const SHRINK_TRIES = 20;

type SetTimer = (work: () => void, ms: number) => NodeJS.Timeout;

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
 * grows no more as long as no page is open, and V8 has taken it back to its least, unless the polls are so large that it is busy; and one thread
 * tidies it up.
 * @returns the function that undoes it, as `boundHeapGrowth` does.
 */
export function boundHeapAfterStart(
  signals: Pick<Signals, 'on'>,
  watches: Iterable<string>,
  setTimer: SetTimer = setTimeout,
): () => void {
  const unpolled = new Set(watches);
  let undo = (): void => {};
  let isWatched = false;
  // A page that was open before may listen again before the first poll is over.
  const stopHearing = signals.on('pages:watched', (now) => {
    isWatched = now.isWatched;
  });
  const bound = (): void => {
    stopWaiting();
    undo = boundUnlessWatched(signals, setTimer, isWatched);
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
    stopHearing();
  };
  return () => {
    stopWaiting();
    undo();
  };
}

/**
 * Bounds the heap, but lets the young generation grow while pages are open: what is made for them is garbage a second later, and the more room
 * there is for it, the less of all else is copied.
 * @returns the function that undoes it.
 */
function boundUnlessWatched(
  signals: Pick<Signals, 'on'>,
  setTimer: SetTimer,
  isWatched: boolean,
): () => void {
  let stopShrinking = (): void => {};
  const bound = (): void => {
    setYoungGrowth(1);
    stopShrinking = shrinkYoung(setTimer);
  };
  const release = (): void => {
    stopShrinking();
    setYoungGrowth(YOUNG_GROWTH);
  };
  const unbound = boundHeapGrowth();
  setHelpers(false);
  if (!isWatched) bound();
  const stopListening = signals.on('pages:watched', (now) => (now.isWatched ? release() : bound()));
  return () => {
    stopListening();
    release();
    setHelpers(true);
    unbound();
  };
}

/**
 * Whether other threads help to tidy up the young generation. That is done in a millisecond or less once the start is over, and to wake them and
 * to share the work takes more processor time than it spares.
 */
function setHelpers(help: boolean): void {
  v8.setFlagsFromString(help ? '--parallel-scavenge' : '--no-parallel-scavenge');
}

function setYoungGrowth(factor: number): void {
  v8.setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}

/**
 * Has the young generation tidied up, which takes a millisecond, until it is small: V8 makes it smaller on such an occasion alone, and only after
 * some seconds in which little was made.
 * @returns the function that gives it up.
 */
function shrinkYoung(setTimer: SetTimer): () => void {
  let timer: NodeJS.Timeout | undefined;
  const collect = minorCollection();
  const shrink = (triesLeft: number): void => {
    collect();
    if (youngBytes() <= SMALL_YOUNG_BYTES || triesLeft === 0) return;
    timer = setTimer(() => shrink(triesLeft - 1), SHRINK_AGAIN_MS).unref();
  };
  shrink(SHRINK_TRIES);
  return () => clearTimeout(timer);
}

function youngBytes(): number {
  const young = v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  return young?.space_size ?? 0;
}

function minorCollection(): () => void {
  v8.setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  v8.setFlagsFromString('--no-expose-gc');
  return () => {
    if (typeof collect === 'function') collect({ type: 'minor' });
  };
}
