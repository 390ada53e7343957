import { cancel, fail, finish, progress } from '../../src/simulator/atlas/scenario.ts';
import { type PageWorld, PLACES, type PlaceName } from './page-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Puts 30 days of restores into Atlas that have ended by now: most of them well, each a little longer or shorter than is usual there. */
export function addPast({ restore }: PageWorld, now = Date.now()): void {
  for (const [index, name] of (Object.keys(PLACES) as PlaceName[]).entries()) {
    for (let number = 1; number <= 40; number += 1) {
      const createdAt = now - number * 17 * HOUR - index * 2.3 * HOUR;
      const took = PLACES[name].usualMs * (0.7 + ((number * 7 + index * 3) % 11) / 16);
      const step = number % 13 === 6 ? fail(createdAt + took / 2, {}) : finish(createdAt + took);
      restore(name, { createdAt, step });
    }
  }
}

/** Restores of the last hours, and those that run now. Gives the ids of the latter. */
export function addToday(
  { restore }: PageWorld,
  now = Date.now(),
): Record<'orders' | 'catalog' | 'ledger', string> {
  const ended = (place: PlaceName, hoursAgo: number, minutes: number, step = finish): void => {
    const createdAt = now - hoursAgo * HOUR;
    restore(place, { createdAt, step: step(createdAt + minutes * MINUTE) });
  };
  ended('orders', 9.2, 16);
  ended('billing', 7.6, 8);
  ended('catalog', 6.1, 5);
  ended('billing', 4.8, 3, (at) => fail(at, {}));
  ended('billing', 4.5, 9);
  ended('ledger', 3.2, 11);
  ended('sessions', 2.9, 6, cancel);
  ended('sessions', 1.7, 22);
  return {
    orders: restore('orders', { createdAt: now - 6 * MINUTE, target: 'orders-drill' }),
    catalog: restore('catalog', { createdAt: now - 21 * MINUTE, target: 'catalog-staging' }),
    ledger: restore('ledger', { createdAt: now - 3 * MINUTE, step: progress(420_000) }),
  };
}
