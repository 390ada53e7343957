import type { Confidence, SendEnd } from './confidence.ts';
import type { Place } from './record-attempts.ts';

/** What one channel has under way: how many messages, which deliveries they carry, and how those have gone that were sent beside them. */
export interface UnderWay {
  /** Messages that have a place. */
  readonly messages: number;
  /**
   * The deliveries they carry, by id. Their lease says so too, but looks as if it had run out when the clock is set forward or the process
   * has stood still: then they would be sent again beside themselves.
   */
  readonly ids: ReadonlySet<string>;
  /** Says whether the messages that take their places from now on go out alone: nothing is begun beside one that does. */
  goesAlone(isAlone: boolean): void;
  /** For how many deliveries there is room beside what is under way, where the channel is trusted with so many; `goAlone`: of one message. */
  roomFor(trusted: number, kind: { goAlone: boolean }): number;
  /** Takes a place for a message that carries these deliveries. */
  take(ids: readonly string[]): Place;
  /** Notes how a message has gone and how long it took, in milliseconds. */
  note(how: SendEnd, tookMs: number): void;
}

/** Creates it with nothing under way. `onRoom` is called when a place is given up. */
export function createUnderWay(confidence: Pick<Confidence, 'note'>, onRoom: () => void): UnderWay {
  let messages = 0;
  let isAlone = false;
  const ids = new Set<string>();
  /** How sends have gone since nothing was under way: while one of them was refused, none that was begun before says otherwise. */
  const lately = new Set<SendEnd>();
  return {
    get messages() {
      return messages;
    },
    ids,
    goesAlone: (alone) => {
      isAlone = alone;
    },
    roomFor: (trusted, { goAlone }) => {
      if (goAlone || isAlone) return messages === 0 ? trusted : 0;
      return trusted - messages;
    },
    take: (carried) => {
      let isTaken = false;
      const place = {
        occupy: () => {
          if (!isTaken) messages += 1;
          isTaken = true;
          for (const id of carried) ids.add(id);
        },
        vacate: () => {
          if (!isTaken) return;
          isTaken = false;
          messages -= 1;
          for (const id of carried) ids.delete(id);
          if (messages === 0) lately.clear();
          onRoom();
        },
      };
      place.occupy();
      return place;
    },
    note: (how, tookMs) => {
      lately.add(how);
      confidence.note([...lately], tookMs);
    },
  };
}
