import type { Signals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { aJob, anEvent, jobId, T0 } from '../../support/builders.ts';

/** Owes one event about each of these jobs to `oncall`, and says so. */
export async function oweJobs(
  { store, signals }: { store: Store; signals: Signals },
  jobs: readonly number[],
): Promise<void> {
  const events = jobs.map((job) => ({
    event: anEvent('failed', { id: `event-${job}`, job: aJob(['failed'], { id: jobId(job) }) }),
    channels: ['oncall'],
    suppressed: null,
  }));
  await store.commitAlerts({ at: T0, raise: [], clear: [], events, audit: [] });
  signals.emit('deliveries:owed', { channels: ['oncall'] });
}
