import type { Script, Trouble } from './listeners.ts';

const TROUBLES: readonly Trouble[] = ['fault', 'slow_down', 'hang', 'reset'];

export interface TroubleOptions {
  /** The share of messages that meet trouble, in [0, 1]. */
  share: number;
  /** No event meets it more often than that: the outbox waits 5 s after the first refusal, 30 s after the second, minutes after more. */
  mostPerEvent: number;
}

/** Makes a receiver fail at random, one way or another, now and then. */
export function createTroubles({ share, mostPerEvent }: TroubleOptions): { script: Script; met(): number } {
  const perEvent = new Map<string, number>();
  let met = 0;
  return {
    met: () => met,
    script: (eventIds) => {
      const mayFail = eventIds.every((id) => (perEvent.get(id) ?? 0) < mostPerEvent);
      if (!mayFail || Math.random() >= share) return null;
      for (const id of eventIds) perEvent.set(id, (perEvent.get(id) ?? 0) + 1);
      met += 1;
      return TROUBLES[Math.floor(Math.random() * TROUBLES.length)] ?? null;
    },
  };
}
