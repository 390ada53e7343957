import type { Clock } from '../../clock.ts';

/** Told by a poll how it gets on, so that one that hangs is not taken for one that is long. */
export interface PollProgress {
  /** A page or an answer was taken. */
  advanced(): void;
  /** The poll waits for its turn in the request budget, until the function is called that comes back. Such a wait is no hanging. */
  waits(): () => void;
  /** For how long nothing has come of it, in milliseconds; without the time it waited for its turn. */
  idleMs(): number;
  /** Something of it waits for its turn. */
  isWaiting(): boolean;
}

/** Begins to count at once. Several parts of a poll may wait at once: time counts while none does. */
export function createPollProgress({ monotonic }: Pick<Clock, 'monotonic'>): PollProgress {
  let idleBefore = 0;
  let countedFrom = monotonic();
  let waiting = 0;

  const idleMs = (): number => idleBefore + (waiting > 0 ? 0 : monotonic() - countedFrom);

  return {
    idleMs,
    isWaiting: () => waiting > 0,
    advanced: () => {
      idleBefore = 0;
      countedFrom = monotonic();
    },
    waits: () => {
      idleBefore = idleMs();
      waiting += 1;
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        waiting -= 1;
        if (waiting === 0) countedFrom = monotonic();
      };
    },
  };
}

/** Counts how often a turn is waited for, which is once for each read. */
export function countingTurns(inner: PollProgress | undefined): {
  progress: PollProgress;
  turns: () => number;
} {
  let turns = 0;
  const progress: PollProgress = {
    idleMs: () => inner?.idleMs() ?? 0,
    isWaiting: () => inner?.isWaiting() ?? false,
    advanced: () => inner?.advanced(),
    waits: () => {
      turns += 1;
      return inner?.waits() ?? (() => {});
    },
  };
  return { progress, turns: () => turns };
}

/** Tells both of them, where there are two; counts by the first. */
export function joined(own: PollProgress, whole: PollProgress | undefined): PollProgress {
  if (whole === undefined) return own;
  return {
    idleMs: own.idleMs,
    isWaiting: own.isWaiting,
    advanced: () => {
      own.advanced();
      whole.advanced();
    },
    waits: () => {
      const ends = [own.waits(), whole.waits()];
      return () => {
        for (const end of ends) end();
      };
    },
  };
}
