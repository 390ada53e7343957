import type { Clock } from '../clock.ts';
import type { RecordReader } from '../store/ports/records.ts';
import type { Figures, Names } from './figures.ts';
import type { Instruments } from './instruments.ts';

/** The counts that the store keeps. They are asked for at each scrape, so that a restart changes nothing. */
export function addStoredCounts(
  instruments: Instruments,
  { store, clock }: { store: Pick<RecordReader, 'countJobs' | 'countDeliveries'>; clock: Clock },
): Figures {
  let known: Names = { watches: [], channels: [] };
  const jobs = instruments.gauge('restore_watcher_jobs');
  const pending = instruments.gauge('restore_watcher_deliveries_pending');
  const held = instruments.gauge('restore_watcher_deliveries_held');
  return {
    apply: (names) => {
      known = names;
    },
    refresh: async () => {
      const [jobCounts, deliveryCounts] = await Promise.allSettled([
        store.countJobs(),
        store.countDeliveries(clock.now()),
      ]);
      // In one go from here: another scrape may have come in between.
      jobs.reset();
      pending.reset();
      held.reset();
      if (jobCounts.status === 'fulfilled') {
        // Of a watch that has left nobody learns any more how its jobs go on.
        const watches = new Set(known.watches);
        const counts = jobCounts.value.filter(({ watch }) => watches.has(watch));
        for (const { watch, state, count } of counts) jobs.set({ watch, state }, count);
      }
      if (deliveryCounts.status === 'fulfilled') {
        for (const channel of known.channels) {
          pending.set({ channel }, 0);
          held.set({ channel }, 0);
        }
        for (const { channel, status, count, held: waiting } of deliveryCounts.value) {
          pending.inc({ channel }, status === 'pending' ? count - waiting : 0);
          held.inc({ channel }, waiting);
        }
      }
    },
  };
}
