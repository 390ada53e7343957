import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Timestamp, toIso, toIsoOrNull } from '../../domain/instant.ts';
import { placeWords } from '../../domain/job/place.ts';
import type { Mute } from '../../domain/telling/mute.ts';
import { StoreError } from '../../errors.ts';
import type { AlertStore } from '../../store/ports/alerts.ts';
import type { KeepingStore } from '../../store/ports/keeping.ts';
import type { MuteReader } from '../../store/ports/mutes.ts';
import type { RecordReader } from '../../store/ports/records.ts';
import type { SpanStore } from '../../store/ports/spans.ts';
import type { ChannelStatus, WatcherStatus, WatchStatus } from '../../watcher/status.ts';
import { muteView } from '../mutes.ts';
import { replicaViews } from '../replicas.ts';
import { hintView, throttledView } from '../views.ts';
import { type ChannelRecords, type ChannelStanding, reportChannels, unreadChannels } from './channels.ts';
import { type DrillReport, drillLine, drillReports } from './drills.ts';
import { jobsByWatch } from './jobs.ts';
import type { ChannelReport, ReloadReport, StatusReport, WatchReport } from './report.ts';
import { sightWith } from './sight.ts';
import {
  elsewhereFault,
  elsewhereLine,
  elsewhereTodo,
  type ToldElsewhere,
  toldElsewhere,
} from './told-elsewhere.ts';

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
  Pick<AlertStore, 'readAlerts'> &
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
 * Reports how a daemon stands that runs. What it asks of the store costs the same however old that is. While the store cannot be read, that is the
 * first of the problems, and all that the daemon knows by itself is told.
 */
export async function reportOfDaemon(facts: DaemonFacts): Promise<StatusReport> {
  const { now, version, pid, status, health, config } = facts;
  const standings = status.channels.map((channel) => ({
    channel: channel.channel,
    ...standingOf(channel, now),
    sentBy: channel.sentBy,
    nextDigestAt: config.nextDigestAt(channel.channel),
  }));
  const stored = await readStored(facts, standings);
  const { told } = stored;
  const line = (one: ToldElsewhere): string => elsewhereLine(one, now);
  const problems = [
    ...(stored.fault === null ? [] : [unreadWords(stored.fault)]),
    ...health.reasons,
    ...told.filter(({ about }) => about === 'watch').map(line),
  ];
  const warnings = [
    ...health.warnings,
    ...told.filter(({ about }) => about === 'channel').map(line),
    ...stored.drills.map(drillLine),
  ];
  const { file, sha256, loadedAt, lastReload, testAlert } = config;
  return {
    asOf: toIso(now),
    from: 'daemon',
    ok: problems.length === 0 && warnings.length === 0,
    problems,
    warnings,
    daemon: { state: status.state, version, startedAt: toIso(status.startedAt), pid },
    watches: status.watches.map((watch) => ({
      ...watchReport(watch, stored),
      schedule: config.schedules.get(watch.watch) ?? null,
      ...stored.jobsOf(watch.watch),
    })),
    channels: stored.channels,
    ...{ drills: stored.drills, elsewhere: told },
    mutes: stored.mutes.map((mute) => muteView(mute, now)),
    testAlert: testAlert && { ...testAlert, nextAt: toIso(testAlert.nextAt) },
    config: {
      file,
      sha256,
      loadedAt: toIso(loadedAt),
      lastReload: lastReload && { ...lastReload, at: toIso(lastReload.at) },
    },
    store: {
      where: config.store,
      isRead: stored.fault === null,
      lastWrittenAt: toIsoOrNull(stored.lastWrittenAt),
      oldestEventAt: toIsoOrNull(stored.oldestEventAt),
    },
    replicas: replicaViews(status.replicas),
  };
}

/** What of a report stands in the store. */
interface Stored {
  /** Why it cannot be read; `null`: it can. */
  fault: StoreError | null;
  jobsOf(watch: string): Pick<WatchReport, 'running' | 'jobs'>;
  channels: ChannelReport[];
  drills: DrillReport[];
  told: ToldElsewhere[];
  mutes: Mute[];
  lastWrittenAt: Timestamp | null;
  oldestEventAt: Timestamp | null;
  /** When the watches that other replicas poll were last polled with success: the store knows it to the minute. */
  elsewhere: ReadonlyMap<string, Timestamp>;
}

async function readStored(
  { now, status, store }: DaemonFacts,
  standings: readonly ChannelStanding[],
): Promise<Stored> {
  try {
    const jobs = jobsByWatch(await store.countJobs());
    const mutes = await store.listMutes({ openAt: now });
    const channels = await reportChannels(store, standings, now);
    const alerts = await store.readAlerts();
    const lastWrittenAt = await store.lastWrittenAt();
    // There may be thousands of watches.
    await nextTurn();
    const oldestEventAt = await store.oldestEventAt();
    const elsewhere = status.replicas === null ? new Map() : await store.lastSuccesses();
    const [drills, told] = [drillReports(alerts), toldElsewhere(status, alerts)];
    const jobsOf = (watch: string) => jobs.get(watch) ?? { running: 0, jobs: {} };
    return { fault: null, jobsOf, channels, drills, told, mutes, lastWrittenAt, oldestEventAt, elsewhere };
  } catch (fault) {
    if (!(fault instanceof StoreError)) throw fault;
    return {
      ...{ fault, jobsOf: () => ({ running: null, jobs: {} }), channels: unreadChannels(standings) },
      ...{ drills: [], told: [], mutes: [], lastWrittenAt: null, oldestEventAt: null, elsewhere: new Map() },
    };
  }
}

function unreadWords({ message, hint }: StoreError): string {
  const todo = hint === undefined ? '' : ` ${hint}`;
  return `the store cannot be read: ${message.replace(/\.?$/, '.')}${todo} What stands there is not known: mutes, what is owed, how many jobs run.`;
}

function watchReport(
  status: WatchStatus,
  { elsewhere, told }: Pick<Stored, 'elsewhere' | 'told'>,
): Omit<WatchReport, 'schedule' | 'running' | 'jobs'> {
  const { watch, nextPollAt, scheduledMs, periodMs, throttled, hint, polledBy } = status;
  const lastSuccessAt = polledBy === null ? status.lastSuccessAt : (elsewhere.get(watch) ?? null);
  return {
    watch,
    sight: sightWith(status, told),
    why: whyOf(status) ?? whyElsewhere(watch, told),
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

function whyElsewhere(watch: string, told: readonly ToldElsewhere[]): string | null {
  const one = told.find(({ about, name }) => about === 'watch' && name === watch);
  return one === undefined ? null : `${elsewhereFault(one)}. ${elsewhereTodo(one)}`;
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
