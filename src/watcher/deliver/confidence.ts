import type { Clock } from '../../clock.ts';
import type { SendTimes } from './send-times.ts';

/** Every way in which a send can go, from the best to the worst for the confidence in a channel. */
const SEND_ENDS = [
  'released',
  'nothing_to_send',
  'accepted',
  'refused',
  'timed_out',
  'refused_long',
] as const;

/**
 * How the send of one delivery has gone. `released`: it did not go out after all; `timed_out`: nobody has answered in time;
 * `refused_long`: with a silence that is not believed of the channel.
 */
export type SendEnd = (typeof SEND_ENDS)[number];

/** A receiver that has accepted nothing for this long is asked by one send first, in milliseconds. */
const LAPSES_AFTER_MS = 10_000;

/** A receiver that has accepted within so many milliseconds has done it quickly. More at once makes a slow one slower still. */
const QUICKLY_MS = 250;

/** How many messages a channel takes at once. */
export interface AtOnce {
  /** While it accepts. */
  usual: number;
  /** While it accepts one after the other quickly. */
  most: number;
}

/**
 * How far a channel is trusted to accept what is sent to it. Several sends go out at once only while it accepts: else the first answer is
 * waited for, and thirty events do not run into the same refusal. Beyond what is usual it gets as many at once as it has accepted quickly
 * in a row.
 */
export interface Confidence {
  /** How many messages, each of one delivery, it may have in hand. */
  messagesFor(atOnce: AtOnce): number;
  /** How many deliveries one message may carry, where it carries `limit` of them. */
  deliveriesFor(limit: number): number;
  /** A message goes out. Returns the function that tells how long it took, in milliseconds; to be called when it has ended. */
  begin(): () => number;
  /** Notes how the sends of a pass have gone, the last of which took so many milliseconds. */
  note(ends: readonly SendEnd[], tookMs: number): void;
  /** Notes that an end could not be written at once: no more than usual goes out before others could. */
  noteUnwritten(): void;
}

/** Creates the confidence in a channel of which nothing is known. */
export function createConfidence(clock: Pick<Clock, 'monotonic'>, times: SendTimes): Confidence {
  let acceptedAt = Number.NEGATIVE_INFINITY;
  /** Each event that goes out now may have to wait for hours, and takes no other along. */
  let isOneByOne = false;
  let quickInARow = 0;
  return {
    messagesFor: ({ usual, most }) => {
      if (clock.monotonic() - acceptedAt >= LAPSES_AFTER_MS) return 1;
      return Math.max(usual, Math.min(most, quickInARow));
    },
    deliveriesFor: (limit) => (isOneByOne ? 1 : limit),
    begin: times.begin,
    note: (ends, tookMs) => {
      const worst = SEND_ENDS.findLast((end) => ends.includes(end));
      if (worst === 'accepted') {
        acceptedAt = clock.monotonic();
        isOneByOne = false;
        quickInARow = tookMs < QUICKLY_MS ? quickInARow + 1 : 0;
      } else if (worst === 'refused' || worst === 'timed_out' || worst === 'refused_long') {
        acceptedAt = Number.NEGATIVE_INFINITY;
        isOneByOne ||= worst === 'refused_long';
        quickInARow = 0;
      }
    },
    noteUnwritten: () => {
      quickInARow = 0;
    },
  };
}
