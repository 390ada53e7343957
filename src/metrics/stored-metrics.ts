import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { ratioOf } from '../domain/coverage/periods.ts';
import { partsOfKey } from '../domain/event/alert.ts';
import type { AlertEventName } from '../domain/event/event.ts';
import { JOB_STATES } from '../domain/job/restore-job.ts';
import type { AlertStore } from '../store/ports/alerts.ts';
import type { CoverageReader } from '../store/ports/evidence/coverage.ts';
import type { KeepingStore } from '../store/ports/keeping.ts';
import type { MuteReader } from '../store/ports/mutes.ts';
import type { RecordReader } from '../store/ports/records.ts';
import { readCoverage } from '../views/coverage.ts';
import { COVERAGE_WINDOW_MS, INSTANCES_AT_MOST } from './definitions.ts';
import type { Figures, Names } from './figures.ts';
import type { Instruments } from './instruments.ts';

/** What these figures are read from. */
export interface StoredFiguresDeps {
  store: RecordReader &
    MuteReader &
    Pick<AlertStore, 'readAlerts'> &
    Pick<KeepingStore, 'oldestEventAt'> &
    CoverageReader;
  clock: Clock;
}

const OVERDUE: AlertEventName = 'drill_overdue';

/**
 * What the store keeps of jobs and deliveries. It is asked for at each scrape, so that a restart changes nothing, and only for what does
 * not grow with age. Of a watch that has left nobody learns any more how its jobs go on: its figures are left out.
 */
export function addStoredFigures(instruments: Instruments, deps: StoredFiguresDeps): Figures {
  let known: Names = { watches: [], channels: [] };
  const refreshEach = [
    jobFigures(instruments, deps),
    deliveryFigures(instruments, deps),
    finishFigures(instruments, deps),
    keepingFigures(instruments, deps),
    lastingFigures(instruments, deps),
    coverageFigures(instruments, deps),
  ];
  return {
    apply: (names) => {
      known = names;
    },
    refresh: async () => {
      for (const refresh of refreshEach) {
        await refresh(known);
        await nextTurn();
      }
    },
  };
}

/** Reads from the store, then sets the figures; `null`: it could not be read, and they are to be left out. */
type Refresh = (known: Names) => Promise<void>;

function jobFigures(instruments: Instruments, { store }: StoredFiguresDeps): Refresh {
  const jobs = instruments.gauge('restore_watcher_jobs');
  return async ({ watches }) => {
    const counts = await orNull(store.countJobs());
    jobs.reset();
    if (counts === null) return;
    for (const watch of watches) for (const state of JOB_STATES) jobs.set({ watch, state }, 0);
    const names = new Set(watches);
    for (const { watch, state, count } of counts) if (names.has(watch)) jobs.set({ watch, state }, count);
  };
}

function deliveryFigures(instruments: Instruments, { store, clock }: StoredFiguresDeps): Refresh {
  const pending = instruments.gauge('restore_watcher_deliveries_pending');
  const held = instruments.gauge('restore_watcher_deliveries_held');
  const givenUp = instruments.gauge('restore_watcher_deliveries_given_up');
  const age = instruments.gauge('restore_watcher_oldest_pending_delivery_age_seconds');
  return async ({ channels }) => {
    const counts = await orNull(store.countDeliveries(clock.now()));
    const since = await orNull(store.owedSince(channels));
    for (const gauge of [pending, held, givenUp, age]) gauge.reset();
    if (counts !== null) {
      for (const gauge of [pending, held, givenUp]) for (const channel of channels) gauge.set({ channel }, 0);
      for (const { channel, status, count, held: waiting } of counts) {
        pending.inc({ channel }, status === 'pending' ? count - waiting : 0);
        held.inc({ channel }, waiting);
        givenUp.inc({ channel }, status === 'given_up' ? count : 0);
      }
    }
    if (since !== null) {
      const now = clock.now();
      // What waits for the slot of a digest is owed from then on: until then it is no age.
      for (const channel of channels)
        age.set({ channel }, Math.max(0, now - (since.get(channel) ?? now)) / 1000);
    }
  };
}

function finishFigures(instruments: Instruments, { store }: StoredFiguresDeps): Refresh {
  const finished = instruments.gauge('restore_watcher_last_finished_restore_timestamp_seconds');
  return async ({ watches }) => {
    const finishes = await orNull(store.lastFinishes(watches, INSTANCES_AT_MOST));
    finished.reset();
    for (const { watch, groupId, instanceName, finishedAt } of finishes ?? [])
      finished.set({ watch, project: groupId, instance_name: instanceName }, finishedAt / 1000);
  };
}

function keepingFigures(instruments: Instruments, { store }: StoredFiguresDeps): Refresh {
  const oldest = instruments.gauge('restore_watcher_oldest_event_timestamp_seconds');
  return async () => {
    const at = await orNull(store.oldestEventAt());
    if (at === null) oldest.remove();
    else oldest.set(at / 1000);
  };
}

function lastingFigures(instruments: Instruments, { store, clock }: StoredFiguresDeps): Refresh {
  const overdue = instruments.gauge('restore_watcher_drill_overdue');
  const mutes = instruments.gauge('restore_watcher_mutes_in_force');
  return async ({ watches }) => {
    const [alerts, inForce] = [
      await orNull(store.readAlerts()),
      await orNull(store.listMutes({ inForceAt: clock.now() })),
    ];
    overdue.reset();
    if (alerts !== null) {
      const raised = [...alerts.keys()].map(partsOfKey).filter(({ name }) => name === OVERDUE);
      const overdueWatches = new Set(raised.map(({ about }) => about));
      for (const watch of watches) overdue.set({ watch }, overdueWatches.has(watch) ? 1 : 0);
    }
    if (inForce === null) mutes.remove();
    else mutes.set(inForce.length);
  };
}

/** What is known by so many milliseconds is good enough: a look reads a row for each instance. */
const COVERAGE_AGAIN_AFTER_MS = 60_000;

/** How much of the last day each watch was watched: also by other replicas and earlier processes. */
function coverageFigures(instruments: Instruments, { store, clock }: StoredFiguresDeps): Refresh {
  const ratio = instruments.gauge('restore_watcher_coverage_ratio');
  let read: { watches: readonly string[]; mono: number } | null = null;
  return async ({ watches }) => {
    const isFresh = read !== null && clock.monotonic() - read.mono < COVERAGE_AGAIN_AFTER_MS;
    if (isFresh && read?.watches === watches) return;
    const now = clock.now();
    const places = await orNull(readCoverage(store, { since: now - COVERAGE_WINDOW_MS, until: now }, now));
    ratio.reset();
    read = places === null ? null : { watches, mono: clock.monotonic() };
    const byWatch = Map.groupBy(places ?? [], ({ watch }) => watch);
    for (const watch of watches) {
      const own = byWatch.get(watch);
      if (own) ratio.set({ watch }, ratioOf(own));
    }
  };
}

function orNull<Value>(reading: Promise<Value>): Promise<Value | null> {
  return reading.catch(() => null);
}
