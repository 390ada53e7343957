import { setTimeout as delay } from 'node:timers/promises';

const GIVE_UP_AFTER_MS = 600_000;

/** Looks again and again until it holds. @throws when it does not within ten minutes. */
export async function until(holds: () => Promise<boolean>, everyMs: number): Promise<void> {
  const giveUpAt = performance.now() + GIVE_UP_AFTER_MS;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for: ${holds}`);
    await delay(everyMs);
  }
}
