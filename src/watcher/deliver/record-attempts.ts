import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../logging/logger.ts';
import { type AttemptEnd, endsOf } from '../record/attempt.ts';
import type { Recorder } from '../record/recorder.ts';
import { type AttemptLogDeps, logAttempt } from './attempt-log.ts';

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

/**
 * Records how attempts of one message ended, and logs it. A receiver may have accepted, and losing that note means sending a twin: so
 * a store that fails for a moment is asked again while the lease lasts.
 * @throws {StoreError} when it fails every time.
 */
export async function recordAttempts(deps: RecordAttemptsDeps, ends: readonly AttemptEnd[]): Promise<void> {
  await persist(deps, ends);
  for (const end of ends.flatMap(endsOf)) logAttempt(deps, end);
}

async function persist(
  { recorder, logger, owner }: RecordAttemptsDeps,
  ends: readonly AttemptEnd[],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await recorder.recordAttempts(ends, owner);
    } catch (error) {
      if (attempt === TRIES) throw error;
      logger.warn('The outcome of a delivery could not be recorded; trying again', {
        channel: ends[0]?.delivery.channel,
        err: error,
      });
      await delay(WAIT_MS * attempt);
    }
  }
}
