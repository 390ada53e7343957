import type { Script, Trouble } from './listeners.ts';

const PASSING: readonly Trouble[] = ['fault', 'slow_down', 'hang', 'reset'];

export interface TroubleOptions {
  /** The share of messages that meet trouble, in [0, 1]. */
  share: number;
  /** No event meets it more often than that: the outbox waits 5 s after the first refusal, 30 s after the second, minutes after more. */
  mostPerEvent: number;
  /** Some are refused for good, so that somebody has to redrive them. */
  refuses?: boolean;
}

/** Makes a receiver fail at random, one way or another, now and then. */
export function createTroubles(options: TroubleOptions): { script: Script; met(): number } {
  const { share, mostPerEvent, refuses = false } = options;
  const troubles: readonly Trouble[] = refuses ? [...PASSING, 'refuse'] : PASSING;
  const perEvent = new Map<string, number>();
  let met = 0;
  return {
    met: () => met,
    script: (eventIds) => {
      const mayFail = eventIds.every((id) => (perEvent.get(id) ?? 0) < mostPerEvent);
      if (!mayFail || Math.random() >= share) return null;
      for (const id of eventIds) perEvent.set(id, (perEvent.get(id) ?? 0) + 1);
      met += 1;
      return troubles[Math.floor(Math.random() * troubles.length)] ?? null;
    },
  };
}
