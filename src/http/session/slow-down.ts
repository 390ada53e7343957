import type { Clock } from '../../clock.ts';

/** The first wrong token is answered after so many milliseconds, each further one after twice the time. */
const FIRST_MS = 250;
const LONGEST_MS = 5_000;
/** What somebody got wrong is forgotten after so many milliseconds. */
const FORGOTTEN_AFTER_MS = 600_000;
/** So many addresses are remembered; then the oldest gives way. */
const MOST_ADDRESSES = 1_000;

/**
 * What counts as one address. A host with IPv6 has a network of its own (/64) and an address in it for each guess; one with IPv4 may be written
 * as IPv6.
 */
export function guesserOf(address: string): string {
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (v4 !== undefined || !address.includes(':')) return v4 ?? address;
  const [head = '', tail = ''] = address.replace(/%.*$/, '').split('::');
  const [front, back] = [head, tail].map((part) => part.split(':').filter((group) => group !== ''));
  const missing = address.includes('::') ? Math.max(0, 8 - (front?.length ?? 0) - (back?.length ?? 0)) : 0;
  return [...(front ?? []), ...Array<string>(missing).fill('0'), ...(back ?? [])].slice(0, 4).join(':');
}

interface Guesses {
  wrong: number;
  lastAt: number;
  isHeld: boolean;
}

/** Slows down who guesses tokens: one guess at a time from each address, and the answer to a wrong one comes ever later. */
export interface SlowDown {
  /** True while the answer to a wrong token is held back: what comes meanwhile from this address is not looked at. */
  isHeld(address: string): boolean;
  /** Notes a wrong token and waits until it may be answered; at once when the server stops. */
  wrong(address: string): Promise<void>;
  right(address: string): void;
}

/** @param closing aborts when the server stops: what is held back is answered then. */
export function createSlowDown(clock: Pick<Clock, 'monotonic' | 'sleep'>, closing: AbortSignal): SlowDown {
  const guesses = new Map<string, Guesses>();
  return {
    isHeld: (address) => guesses.get(address)?.isHeld ?? false,
    wrong: async (address) => {
      const before = guesses.get(address);
      const isFresh = before !== undefined && clock.monotonic() - before.lastAt < FORGOTTEN_AFTER_MS;
      const now: Guesses = { wrong: isFresh ? before.wrong + 1 : 1, lastAt: clock.monotonic(), isHeld: true };
      // Put anew: the map is in the order of the last guess.
      guesses.delete(address);
      guesses.set(address, now);
      const [oldest] = guesses.keys();
      if (guesses.size > MOST_ADDRESSES && oldest !== undefined) guesses.delete(oldest);
      await clock.sleep(waitAfter(now.wrong), closing).catch(() => {});
      now.isHeld = false;
    },
    right: (address) => void guesses.delete(address),
  };
}

/** How long the answer to the nth wrong token is held back, in milliseconds. */
function waitAfter(wrong: number): number {
  return Math.min(FIRST_MS * 2 ** (wrong - 1), LONGEST_MS);
}
