import type { Clock } from '../../clock.ts';

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

/**
 * How far a channel is trusted to accept what is sent to it. Several sends go out at once only while it accepts: else the first answer is
 * waited for, and thirty events do not run into the same refusal.
 */
export interface Confidence {
  /** How many deliveries to claim for a way that takes `limit`. */
  limitFor(limit: number, inOneMessage: boolean): number;
  /** Notes how the sends of a pass have gone. */
  note(ends: readonly SendEnd[]): void;
}

/** Creates the confidence in a channel of which nothing is known. */
export function createConfidence(clock: Pick<Clock, 'monotonic'>): Confidence {
  let acceptedAt = Number.NEGATIVE_INFINITY;
  /** Each event that goes out now may have to wait for hours, and takes no other along. */
  let isOneByOne = false;
  return {
    limitFor: (limit, inOneMessage) => {
      if (inOneMessage) return isOneByOne ? 1 : limit;
      return clock.monotonic() - acceptedAt < LAPSES_AFTER_MS ? limit : 1;
    },
    note: (ends) => {
      const worst = SEND_ENDS.findLast((end) => ends.includes(end));
      if (worst === 'accepted') {
        acceptedAt = clock.monotonic();
        isOneByOne = false;
      } else if (worst === 'refused' || worst === 'timed_out' || worst === 'refused_long') {
        acceptedAt = Number.NEGATIVE_INFINITY;
        isOneByOne ||= worst === 'refused_long';
      }
    },
  };
}
