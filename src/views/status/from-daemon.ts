import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Timestamp, toIso, toIsoOrNull } from '../../domain/instant.ts';
import { placeWords } from '../../domain/job/place.ts';
import type { KeepingStore } from '../../store/ports/keeping.ts';
import type { MuteReader } from '../../store/ports/mutes.ts';
import type { RecordReader } from '../../store/ports/records.ts';
import type { SpanStore } from '../../store/ports/spans.ts';
import type { ChannelStatus, WatcherStatus, WatchStatus } from '../../watcher/status.ts';
import { muteView } from '../mutes.ts';
import { replicaViews } from '../replicas.ts';
import { hintView, throttledView } from '../views.ts';
import { type ChannelRecords, reportChannels } from './channels.ts';
import { jobsByWatch } from './jobs.ts';
import type { ReloadReport, StatusReport, WatchReport } from './report.ts';
import { sightOf } from './sight.ts';

/** What the configuration in force adds to what the watcher knows of itself. */
export interface ConfigInForce {
  file: string;
  sha256: string;
  loadedAt: Timestamp;
  lastReload: (Omit<ReloadReport, 'at'> & { at: Timestamp }) | null;
  /** Where the store is, without credentials. */
  store: string;
  /** By the name of the watch. */
  schedules: ReadonlyMap<string, string>;
  /** Of the channels that have a digest. */
  nextDigestAt: (channel: string) => Timestamp | null;
  testAlert: { event: string; watch: string; nextAt: Timestamp } | null;
}

/** What a report of a running daemon asks of the store. */
export type StatusStore = ChannelRecords &
  Pick<RecordReader, 'countJobs' | 'lastSuccesses'> &
  MuteReader &
  Pick<SpanStore, 'lastWrittenAt'> &
  Pick<KeepingStore, 'oldestEventAt'>;

/** What a report of a running daemon is made of. */
export interface DaemonFacts {
  now: Timestamp;
  version: string;
  pid: number;
  status: WatcherStatus;
  /** What makes it not ready, and what else is to be known; see `healthOf`. */
  health: { reasons: readonly string[]; warnings: readonly string[] };
  config: ConfigInForce;
  store: StatusStore;
}

/**
 * Reports how a daemon stands that runs. What it asks of the store costs the same however old that is.
 * @throws {StoreError}
 */
export async function reportOfDaemon(facts: DaemonFacts): Promise<StatusReport> {
  const { now, version, pid, status, health, config, store } = facts;
  const jobs = jobsByWatch(await store.countJobs());
  const mutes = await store.listMutes({ openAt: now });
  const standings = status.channels.map((channel) => ({
    channel: channel.channel,
    ...standingOf(channel, now),
    sentBy: channel.sentBy,
    nextDigestAt: config.nextDigestAt(channel.channel),
  }));
  const channels = await reportChannels(store, standings, now);
  const lastWrittenAt = await store.lastWrittenAt();
  // There may be thousands of watches.
  await nextTurn();
  const oldestEventAt = await store.oldestEventAt();
  // Of what another replica polls, the store knows it to the minute.
  const elsewhere = status.replicas === null ? new Map() : await store.lastSuccesses();
  const { file, sha256, loadedAt, lastReload, testAlert } = config;
  return {
    asOf: toIso(now),
    from: 'daemon',
    ok: health.reasons.length === 0 && health.warnings.length === 0,
    problems: health.reasons,
    warnings: health.warnings,
    daemon: { state: status.state, version, startedAt: toIso(status.startedAt), pid },
    watches: status.watches.map((watch) => ({
      ...watchReport(watch, elsewhere),
      schedule: config.schedules.get(watch.watch) ?? null,
      ...(jobs.get(watch.watch) ?? { running: 0, jobs: {} }),
    })),
    channels,
    mutes: mutes.map((mute) => muteView(mute, now)),
    testAlert: testAlert && { ...testAlert, nextAt: toIso(testAlert.nextAt) },
    config: {
      file,
      sha256,
      loadedAt: toIso(loadedAt),
      lastReload: lastReload && { ...lastReload, at: toIso(lastReload.at) },
    },
    store: {
      where: config.store,
      lastWrittenAt: toIsoOrNull(lastWrittenAt),
      oldestEventAt: toIsoOrNull(oldestEventAt),
    },
    replicas: replicaViews(status.replicas),
  };
}

function watchReport(
  status: WatchStatus,
  elsewhere: ReadonlyMap<string, Timestamp>,
): Omit<WatchReport, 'schedule' | 'running' | 'jobs'> {
  const { watch, nextPollAt, scheduledMs, periodMs, throttled, hint, polledBy } = status;
  const lastSuccessAt = polledBy === null ? status.lastSuccessAt : (elsewhere.get(watch) ?? null);
  return {
    watch,
    sight: sightOf(status),
    why: whyOf(status),
    scheduledMs: Math.round(scheduledMs),
    periodMs: Math.round(periodMs),
    throttled: throttled && throttledView(throttled),
    hint: hint && hintView(hint),
    lastSuccessAt: toIsoOrNull(lastSuccessAt),
    nextPollAt: toIsoOrNull(nextPollAt),
    polledBy,
    share: status.share,
  };
}

/** The first of its faults, and how many more there are. */
function whyOf({ fault, faults, hasMissedPolls }: WatchStatus): string | null {
  const [first, ...others] = faults;
  const told = first ?? fault;
  if (told === null) return hasMissedPolls ? 'the process stood still when it should have been polled' : null;
  const place = first?.place ? `${placeWords(first.place)}: ` : '';
  const hint = told.hint === null ? '' : ` ${told.hint}`;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return `${place}${told.message.replace(/\.?$/, '.')}${hint}${more}`;
}

function standingOf({ failing, waitsForMs, sentBy }: ChannelStatus, now: Timestamp) {
  if (sentBy !== null) return { state: 'elsewhere' as const, since: null, detail: null };
  if (failing !== null) return { state: 'failing' as const, since: failing.since, detail: failing.detail };
  if (waitsForMs === null) return { state: 'accepts' as const, since: null, detail: null };
  return { state: 'waiting' as const, since: now - Math.round(waitsForMs), detail: null };
}
