import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Clock } from '../../../src/clock.ts';

/** A timer that waits, and what it does. `everyMs`: again and again. */
interface Waiting {
  at: number;
  order: number;
  run: () => void;
  everyMs: number | null;
}

/** After so many turns of the event loop in which nothing was set, whatever follows from a timer has happened. */
const QUIET_TURNS = 4;

/** Time that passes from one timer to the next, without anybody waiting: hours of a watcher in as long as its work takes. */
export interface VirtualTime extends Clock {
  /** Time stands still from now on for as long as this awaits answers. */
  waitFor(work: { idle(): Promise<void> | null }): void;
  /** Lets so much time pass. */
  pass(ms: number): Promise<void>;
}

/**
 * Takes the timers and the date of this process over, for good. Sockets and threads go on by real time: there must not be any but
 * those of what `waitFor` names. The monotonic clock begins at 0.
 */
export function takeTimeOver(startAt: number): VirtualTime {
  let work: { idle(): Promise<void> | null } = { idle: () => null };
  let now = 0;
  let order = 0;
  let activity = 0;
  const waiting = new Map<number, Waiting>();
  // Sorted by time when it is looked at; most timers are short, and many are cleared.
  const set = (run: () => void, ms: number | undefined, isRepeated: boolean): object => {
    order += 1;
    activity += 1;
    const id = order;
    const spanMs = Math.max(1, Number(ms ?? 0));
    waiting.set(id, { at: now + spanMs, order: id, run, everyMs: isRepeated ? spanMs : null });
    const refresh = (): object => {
      waiting.set(id, { at: now + spanMs, order: id, run, everyMs: isRepeated ? spanMs : null });
      return handle;
    };
    const handle = { id, refresh, ref: () => handle, unref: () => handle, hasRef: () => true };
    return handle;
  };
  const clear = (handle: unknown): void => {
    if (typeof handle === 'object' && handle !== null && 'id' in handle) waiting.delete(Number(handle.id));
  };
  const RealDate = Date;
  class VirtualDate extends RealDate {
    constructor(value: string | number | Date = startAt + now) {
      super(value);
    }

    static override now(): number {
      return startAt + now;
    }
  }
  Object.assign(globalThis, {
    Date: VirtualDate,
    setTimeout: (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
      set(() => run(...args), ms, false),
    setInterval: (run: () => void, ms?: number) => set(run, ms, true),
    clearTimeout: clear,
    clearInterval: clear,
  });

  /** Waits until nothing follows any more from what has happened at this moment. */
  const settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      const before = activity;
      const answers = work.idle();
      if (answers === null) await endOfTurn();
      else await answers;
      quiet = activity === before && answers === null ? quiet + 1 : 0;
    }
  };
  const next = (): Waiting | null => {
    let first: Waiting | null = null;
    for (const each of waiting.values()) {
      if (first === null || each.at < first.at || (each.at === first.at && each.order < first.order))
        first = each;
    }
    return first;
  };

  return {
    waitFor: (answers) => {
      work = answers;
    },
    now: () => startAt + now,
    monotonic: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const handle = set(resolve, ms, false);
        signal?.addEventListener(
          'abort',
          () => {
            clear(handle);
            reject(signal.reason);
          },
          { once: true },
        );
      }),
    pass: async (ms) => {
      const until = now + ms;
      await settle();
      for (let due = next(); due !== null && due.at <= until; due = next()) {
        now = Math.max(now, due.at);
        // All that is due at this moment, before anything that comes of it.
        for (const each of [...waiting.values()]
          .filter(({ at }) => at <= now)
          .toSorted((a, b) => a.order - b.order)) {
          if (!waiting.delete(each.order)) continue;
          if (each.everyMs !== null) waiting.set(each.order, { ...each, at: now + each.everyMs });
          each.run();
        }
        await settle();
      }
      now = until;
    },
  };
}
