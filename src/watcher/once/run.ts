import type { FaultLog } from '../../logging/fault-log.ts';
import type { RecordReader } from '../../store/ports/records.ts';
import type { Lease } from '../../store/ports/replicas/lease.ts';
import type { EveryLease } from '../leases/every-lease.ts';
import { type Hold, underHold } from '../leases/leases.ts';
import type { Recorder } from '../record/recorder.ts';
import type { RunnerDeps } from '../runner.ts';
import type { WatcherStore } from '../watcher-store.ts';

/** As for the daemon; the report also tells what is on record. */
export type OnceDeps = Omit<RunnerDeps, 'store'> & { store: OnceStore };

/** What a run reads, and writes under its leases. */
export interface OnceStore extends WatcherStore, RecordReader {
  /** See `LeaseStore`. */
  under(lease: Lease): OnceStore;
}

/** One run of `runOnce`. Everything writes under the lease on what it is about: a run that stood still may not be the only one any more. */
export interface Run extends OnceDeps {
  recorder: Recorder;
  leases: EveryLease;
  faultLog: FaultLog;
  /** Channels that have not answered in time: whoever waits for the rest of their messages too waits for hours. */
  hanging: Set<string>;
  /** Names this process in leases. */
  owner: string;
  /** How often deliveries were refused for now in this run, by id. */
  refusals: Map<string, number>;
}

/** The right to a unit that every run asks for. */
export function holdOf({ leases }: Run, unit: string): Hold {
  const hold = leases.holdOf(unit);
  if (hold === null) throw new Error(`${unit} was not asked for`);
  return hold;
}

/** The same run, which writes under this hold. */
export function under(run: Run, hold: Hold): Run {
  const { store, recorder } = run;
  return { ...run, store: underHold(store, hold), recorder: underHold(recorder, hold) };
}
