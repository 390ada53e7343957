import type { WatchPlace } from '../domain/job/place.ts';
import { UNHINTED } from '../domain/polling/hint.ts';
import { kindOfUnit, UNIT_KINDS } from '../domain/replicas/unit.ts';
import { blindnessOf, type Throttled, type WatcherStatus } from '../watcher/status.ts';
import type { Figures } from './figures.ts';
import type { Instruments } from './instruments.ts';

/** How the watcher is doing, at each scrape. */
export interface StatusReadings {
  status: () => WatcherStatus;
  isReady: (status: WatcherStatus) => boolean;
}

/** The figures about how the watcher is doing. */
export interface StatusFigures extends Figures {
  /** From now on they are taken from there; before, there are none. */
  readStatus(readings: StatusReadings): void;
  /** True when another replica polled the watch at the last `refresh`. */
  isPolledElsewhere(watch: string): boolean;
}

const THROTTLES: ReadonlyArray<Throttled['by']> = ['ceiling', 'bucket', 'silence'];

/** Whether watches see and channels accept, and how often each watch is polled. */
export function addStatusFigures(instruments: Instruments): StatusFigures {
  const ready = instruments.gauge('restore_watcher_ready');
  const blind = instruments.gauge('restore_watcher_watch_blind');
  const scheduled = instruments.gauge('restore_watcher_watch_schedule_seconds');
  const period = instruments.gauge('restore_watcher_watch_period_seconds');
  const throttled = instruments.gauge('restore_watcher_watch_throttled');
  const due = instruments.gauge('restore_watcher_watch_due_seconds');
  const places = instruments.gauge('restore_watcher_place_failing');
  const hinted = instruments.gauge('restore_watcher_hinted_projects');
  const unhinted = instruments.gauge('restore_watcher_unhinted_projects');
  const failing = instruments.gauge('restore_watcher_channel_failing');
  const setReplicas = addReplicaFigures(instruments);
  let readings: StatusReadings | null = null;
  let elsewhere: ReadonlySet<string> = new Set();
  return {
    readStatus: (from) => {
      readings = from;
    },
    isPolledElsewhere: (watch) => elsewhere.has(watch),
    refresh: async () => {
      if (readings === null) return;
      const watcher = readings.status();
      const { watches, channels } = watcher;
      ready.set(readings.isReady(watcher) ? 1 : 0);
      for (const gauge of [blind, scheduled, period, throttled, due, places, hinted, unhinted, failing])
        gauge.reset();
      elsewhere = new Set(watches.flatMap(({ watch, polledBy }) => (polledBy === null ? [] : [watch])));
      for (const status of watches) {
        const { watch, scheduledMs, periodMs, dueWithinMs } = status;
        // It has its series where it is polled.
        if (elsewhere.has(watch)) continue;
        blind.set({ watch }, blindnessOf(status) === null ? 0 : 1);
        scheduled.set({ watch }, scheduledMs / 1000);
        period.set({ watch }, periodMs / 1000);
        for (const by of THROTTLES) throttled.set({ watch, by }, status.throttled?.by === by ? 1 : 0);
        due.set({ watch }, dueWithinMs / 1000);
        for (const { place } of status.faults) if (place !== null) places.set(labelsOf(watch, place), 1);
        if (status.hint === null) continue;
        hinted.set({ watch }, status.hint.projects);
        const byReason = Map.groupBy(status.hint.without, ({ reason }) => reason);
        for (const reason of UNHINTED) unhinted.set({ watch, reason }, byReason.get(reason)?.length ?? 0);
      }
      for (const { channel, failing: since, sentBy } of channels) {
        if (sentBy === null) failing.set({ channel }, since === null ? 0 : 1);
      }
      setReplicas(watcher);
    },
  };
}

function labelsOf(watch: string, { groupId, instanceName }: WatchPlace) {
  return { watch, project: groupId, instance_name: instanceName ?? '' };
}

/** Makes the figures of what this replica does; none where a daemon has the store alone. @returns what sets them. */
function addReplicaFigures(instruments: Instruments): (status: Pick<WatcherStatus, 'replicas'>) => void {
  const leases = instruments.gauge('restore_watcher_leases');
  const replicas = instruments.gauge('restore_watcher_replicas');
  return ({ replicas: status }) => {
    leases.reset();
    replicas.reset();
    if (status === null) return;
    const own = [...status.owners].filter(([, owner]) => owner === status.me && status.cutOffMs === null);
    const counts = Map.groupBy(own, ([unit]) => kindOfUnit(unit));
    for (const kind of UNIT_KINDS) leases.set({ kind }, counts.get(kind)?.length ?? 0);
    const configurations = new Set(status.replicas.map(({ configuration }) => configuration));
    for (const configuration of configurations) {
      const those = status.replicas.filter((one) => one.configuration === configuration);
      replicas.set({ configuration: configuration.slice(0, 12) }, those.length);
    }
  };
}
