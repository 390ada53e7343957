import type { FaultLog } from '../../logging/fault-log.ts';
import type { Signals } from '../../signals.ts';
import type { CheckpointReader } from '../../store/ports/audit.ts';
import type { Recorder } from '../record/recorder.ts';
import { createDueLook } from './due-look.ts';

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
export function createCheckpointCopies({
  store,
  recorder,
  signals,
  faultLog,
}: CheckpointCopiesDeps): CheckpointCopies {
  const { note, beat, stop } = createDueLook({
    look: async () => {
      const { last } = await store.lastCheckpoint();
      if (last !== null) await recorder.recordCheckpoint(last);
    },
    follow: (changed) => signals.on('audit:signed', changed),
    faultLog,
    key: 'checkpoint-copies',
    failing: 'Nobody can be told of the checkpoint of the audit log',
    working: 'Checkpoints of the audit log are told of again',
  });
  return { apply: note, beat, stop };
}
