import { setTimeout as delay, setImmediate as endOfTurn } from 'node:timers/promises';
import type { Logger } from '../../logging/logger.ts';
import { type AttemptEnd, endsOf } from '../record/attempt.ts';
import type { Recorder } from '../record/recorder.ts';
import { type AttemptLogDeps, logAttempt } from './attempt-log.ts';

/** The first one is made together with others. */
const TRIES = 4;
/** Milliseconds after the first try; longer each time. */
const WAIT_MS = 500;

/** What recording attempts works with. */
export interface RecordAttemptsDeps extends AttemptLogDeps {
  recorder: Pick<Recorder, 'recordAttempts'>;
  logger: Logger;
  /** Names this process in leases. */
  owner: string;
}

/** Whoever has sent a message hears by it when its end is being written: from then on its place is free, unless that fails. */
export interface Place {
  vacate(): void;
  occupy(): void;
}

/** Records how the attempts of a channel ended. */
export interface AttemptRecorder {
  /**
   * Records how the attempts of one message ended, and logs it. A receiver may have accepted, and losing that note means sending a twin:
   * so a store that fails for a moment is asked again while the lease lasts.
   * @throws {StoreError} when it fails every time.
   */
  record(ends: readonly AttemptEnd[], place: Place): Promise<void>;
}

/** So long, in milliseconds, messages that have ended wait at most for those that are still on their way. */
const GATHER_MS = 5;

/** What the recorder of a channel hears from it, and tells it. */
export interface RecordingChannel {
  /** Messages that are on their way, and those whose end is not being written yet. */
  inHand(): number;
  /** Called when ends could not be written at once. */
  onFault(): void;
}

/** Ends that are written in one transaction. */
interface Group {
  ends: AttemptEnd[];
  places: Place[];
  /** Resolved once nothing more is waited for. */
  isComplete: PromiseWithResolvers<void>;
  written: Promise<void>;
}

/**
 * Creates the recorder of one channel. Messages that end at nearly the same time are recorded together, for a transaction costs a flush
 * of the disk: half of what is in hand, or what has ended within `GATHER_MS` milliseconds. So while they are written, the receiver has the
 * other half. The last one in hand waits for nobody but the end of the turn of the event loop: some end without having gone anywhere,
 * and a thousand of those must not keep everything else from running.
 */
export function createAttemptRecorder(
  deps: RecordAttemptsDeps,
  { inHand, onFault }: RecordingChannel,
): AttemptRecorder {
  let open: Group | null = null;

  const openGroup = (): Group => {
    const group = {
      ends: [],
      places: [],
      isComplete: Promise.withResolvers<void>(),
      written: Promise.resolve(),
    };
    group.written = write(group);
    return group;
  };
  const isHalf = ({ places }: Group): boolean => 2 * places.length >= inHand();
  const gathered = async (group: Group): Promise<void> => {
    await endOfTurn();
    if (isHalf(group)) return;
    const limit = setTimeout(group.isComplete.resolve, GATHER_MS);
    await group.isComplete.promise;
    clearTimeout(limit);
    await endOfTurn();
  };
  const write = async (group: Group): Promise<void> => {
    await gathered(group);
    open = null;
    const written = deps.recorder.recordAttempts(group.ends, deps.owner);
    // Now, not when it is written: so what takes the place is claimed in the same transaction.
    for (const place of group.places) place.vacate();
    await written;
  };

  return {
    record: async (ends, place) => {
      open ??= openGroup();
      open.ends.push(...ends);
      open.places.push(place);
      if (isHalf(open)) open.isComplete.resolve();
      try {
        await open.written;
      } catch (error) {
        place.occupy();
        onFault();
        await recordAgain(deps, ends, error);
        place.vacate();
      }
      for (const end of ends.flatMap(endsOf)) logAttempt(deps, end);
    },
  };
}

/** One message by itself: what is wrong with another, or with its place in the store, must not take it along. */
async function recordAgain(
  { recorder, logger, owner }: RecordAttemptsDeps,
  ends: readonly AttemptEnd[],
  fault: unknown,
): Promise<void> {
  let error = fault;
  for (let tries = 1; tries < TRIES; tries += 1) {
    logger.warn('The outcome of a delivery could not be recorded; trying again', {
      channel: ends[0]?.delivery.channel,
      err: error,
    });
    await delay(WAIT_MS * tries);
    try {
      return await recorder.recordAttempts(ends, owner, true);
    } catch (thrown) {
      error = thrown;
    }
  }
  throw error;
}
