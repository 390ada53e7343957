import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import { StoreError, toError } from '../../errors.ts';
import { REPLICA_LEASE_MS } from '../../store/ports/leases.ts';
import { type AttemptEnd, endsOf } from '../record/attempt.ts';
import type { Recorder } from '../record/recorder.ts';
import { type AttemptLogDeps, logAttempt } from './attempt-log.ts';

/** Milliseconds after the first try; longer each time. */
const WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;

/** What recording attempts works with. */
export interface RecordAttemptsDeps extends AttemptLogDeps {
  recorder: Pick<Recorder, 'recordAttempts'>;
  /** The same under the lease that this process has on the channel by now; `null`: it has none. Left out where no lease is ever lost. */
  recorderNow?: () => Pick<Recorder, 'recordAttempts'> | null;
  clock: Clock;
  /** Names this process in leases. */
  owner: string;
  /** How often an end is tried to be recorded; for as long as it takes unless given. */
  mostTries?: number;
  /** Aborted: what cannot be recorded is tried once more at once, and given up. */
  abandon?: AbortSignal;
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
   * so a store that fails is asked again until it is there, for as long as nothing tells to give up. Where the lease on the channel was
   * lost, it is recorded under the next one of this process; where there is none for as long as one lasts, another replica has the channel.
   * @throws {StoreError} when it was given up, or is not ours to record any more.
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
  deps: RecordAttemptsDeps,
  ends: readonly AttemptEnd[],
  fault: unknown,
): Promise<void> {
  const { recorder, recorderNow, clock, owner, faultLog, abandon } = deps;
  const { mostTries = Number.POSITIVE_INFINITY } = deps;
  const channel = ends[0]?.delivery.channel;
  const key = `outcomes of ${channel}`;
  let error = fault;
  let fencedSince: number | null = null;
  for (let tries = 1; tries < mostTries; tries += 1) {
    const isLast = abandon?.aborted === true;
    fencedSince = isFenced(error) ? (fencedSince ?? clock.monotonic()) : null;
    if (fencedSince === null) {
      const err = toError(error);
      const message = `How deliveries ended cannot be recorded; it is tried again: ${err.message}`;
      faultLog.report(key, message, { channel, err }, 'error');
    } else if (recorderNow === undefined || clock.monotonic() - fencedSince >= REPLICA_LEASE_MS) {
      faultLog.clear(key, 'How deliveries ended is not recorded: another replica has the channel', {
        channel,
      });
      break;
    }
    // Cut short by the signal.
    await clock.sleep(Math.min(WAIT_MS * tries, LONGEST_WAIT_MS), abandon).catch(() => undefined);
    try {
      await (recorderNow?.() ?? recorder).recordAttempts(ends, owner, true);
      faultLog.clear(key, 'How deliveries ended is recorded again', { channel });
      return;
    } catch (thrown) {
      error = thrown;
    }
    if (isLast) break;
  }
  throw error;
}

function isFenced(error: unknown): boolean {
  return error instanceof StoreError && error.reason === 'fenced';
}
