import type { Clock } from '../../clock.ts';
import type { Confidence, SendEnd } from './confidence.ts';
import type { Place } from './record-attempts.ts';

/**
 * A message that has waited so long for an answer holds nobody up any more, in milliseconds. A mail server may take ten minutes over one mail
 * (RFC 5321), while it takes others at once. Nor does one whose answer the store has refused for so long, while it takes others.
 */
export const SILENT_AFTER_MS = 15_000;
/** So many messages may wait like that and hold nobody up: where all of them do, it is the receiver. */
export const MOST_SILENT = 8;

/** The place of a message. */
export interface TakenPlace extends Place {
  /** Its ends are recorded, or will never be: its deliveries are under way no more. */
  leave(): void;
}

/** What one channel has under way: how many messages, which deliveries they carry, and how those have gone that were sent beside them. */
export interface UnderWay {
  /** Messages that have a place. */
  readonly messages: number;
  /**
   * The deliveries they carry, by id, until their ends are recorded. Their lease says so too, but looks as if it had run out when the clock
   * is set forward or the process has stood still: then they would be sent again beside themselves.
   */
  readonly ids: ReadonlySet<string>;
  /** Says whether the messages that take their places from now on go out alone: nothing is begun beside one that does. */
  goesAlone(isAlone: boolean): void;
  /**
   * For how many deliveries there is room beside what is under way, where the channel is trusted with so many; `goAlone`: of one message.
   * What waits for an answer for long does not count.
   */
  roomFor(trusted: number, kind: { goAlone: boolean }): number;
  /** Takes a place for a message that carries these deliveries. */
  take(ids: readonly string[]): TakenPlace;
  /** Notes how a message has gone and how long it took, in milliseconds. */
  note(how: SendEnd, tookMs: number): void;
}

/** Creates it with nothing under way. `onRoom` is called when a place is given up. */
export function createUnderWay(
  confidence: Pick<Confidence, 'note'>,
  { monotonic }: Pick<Clock, 'monotonic'>,
  onRoom: () => void,
): UnderWay {
  let messages = 0;
  /** When each that waits for an answer was sent; of one that was answered: since when that cannot be recorded. */
  const waitingSince = new Set<{ mono: number }>();
  let isAlone = false;
  const ids = new Set<string>();
  /** How sends have gone since nothing was under way that counts: while one of them was refused, none that was begun before says otherwise. */
  const lately = new Set<SendEnd>();
  const counted = (): number => {
    const latest = monotonic() - SILENT_AFTER_MS;
    const silent = waitingSince.values().reduce((sum, { mono }) => sum + (mono <= latest ? 1 : 0), 0);
    return messages - Math.min(silent, MOST_SILENT);
  };
  return {
    get messages() {
      return messages;
    },
    ids,
    goesAlone: (alone) => {
      isAlone = alone;
    },
    roomFor: (trusted, { goAlone }) => {
      const inTheWay = counted();
      if (goAlone || isAlone) return inTheWay === 0 ? trusted : 0;
      return trusted - inTheWay;
    },
    take: (carried) => {
      let isTaken = false;
      const since = { mono: 0 };
      const place = {
        occupy: () => {
          if (isTaken) return;
          isTaken = true;
          messages += 1;
          since.mono = monotonic();
          waitingSince.add(since);
        },
        vacate: () => {
          if (!isTaken) return;
          isTaken = false;
          messages -= 1;
          waitingSince.delete(since);
          if (counted() === 0) lately.clear();
          onRoom();
        },
        leave: () => {
          place.vacate();
          for (const id of carried) ids.delete(id);
        },
      };
      for (const id of carried) ids.add(id);
      place.occupy();
      return place;
    },
    note: (how, tookMs) => {
      lately.add(how);
      confidence.note([...lately], tookMs);
    },
  };
}
