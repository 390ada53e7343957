import { toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Signals } from '../../signals.ts';
import type { CheckpointReader } from '../../store/ports/audit.ts';
import type { Recorder } from '../record/recorder.ts';

/** What telling of checkpoints works with. */
export interface CheckpointCopiesDeps {
  store: CheckpointReader;
  recorder: Pick<Recorder, 'recordCheckpoint'>;
  signals: Signals;
  faultLog: FaultLog;
}

/** Tells of every checkpoint those who ask for it, so that copies of it leave the house. */
export interface CheckpointCopies {
  /** Other routes may be in force: whoever asks for it now is told of the last one. */
  apply(): void;
  /** A sign of life from outside, about once a second: looks whether there is one to tell of. */
  beat(): void;
  /** Begins nothing any more, and lets what is in hand end. */
  stop(): Promise<void>;
}

/** Looks when it begins (the last one may have been made at a stop), and after each that is made. A store that fails is asked again. */
export function createCheckpointCopies(deps: CheckpointCopiesDeps): CheckpointCopies {
  let isDue = true;
  let isStopped = false;
  let inHand: Promise<void> | null = null;
  const note = (): void => {
    isDue = true;
  };
  const end = deps.signals.on('audit:signed', note);

  const look = async (): Promise<void> => {
    isDue = false;
    try {
      const { last } = await deps.store.lastCheckpoint();
      if (last !== null) await deps.recorder.recordCheckpoint(last);
      deps.faultLog.clear('checkpoint-copies', 'Checkpoints of the audit log are told of again');
    } catch (thrown) {
      isDue = true;
      const err = toError(thrown);
      const message = `Nobody can be told of the checkpoint of the audit log: ${err.message}`;
      deps.faultLog.report('checkpoint-copies', message, { err }, 'error');
    }
  };
  return {
    apply: note,
    beat: () => {
      if (isStopped || !isDue || inHand !== null) return;
      inHand = look().finally(() => {
        inHand = null;
      });
    },
    stop: async () => {
      isStopped = true;
      end();
      await inHand;
    },
  };
}
