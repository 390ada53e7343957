import { partsOfKey } from '../../domain/event/alert.ts';
import { formatSpan, type Timestamp, toIso, toIsoOrNull } from '../../domain/instant.ts';
import { placeWords, type WatchPlace } from '../../domain/job/place.ts';
import { muteView } from '../mutes.ts';
import { type ChannelStanding, reportChannels } from './channels.ts';
import { drillLine, drillReports } from './drills.ts';
import type { StatusStore } from './from-daemon.ts';
import { jobsByWatch } from './jobs.ts';
import type { StatusReport, WatchReport } from './report.ts';

/** What is known without a daemon. */
export interface StoreFactsForStatus {
  now: Timestamp;
  /** Whether somebody holds the store, and does not answer. */
  daemon: 'not_running' | 'silent' | 'unknown';
  /** Where it was asked for, and what came of it; `null`: nobody was asked. */
  asked: string | null;
  file: string;
  sha256: string | null;
  where: string;
  /** As the configuration names them, as far as it can be read. */
  watches: readonly string[];
  channels: readonly string[];
  /** False: it may name others besides; those on record are reported as well. */
  isWhole: boolean;
  /** `null`: there is no database yet. */
  store: StatusStore | null;
}

/**
 * Reports what the store alone knows while no daemon answers: the watches and channels that were failing when it was written last, the jobs
 * that run as far as anybody saw, and the deliveries that are owed.
 * @throws {StoreError}
 */
export async function reportOfStore(facts: StoreFactsForStatus): Promise<StatusReport> {
  const { now, daemon, file, sha256, where, store } = facts;
  const lastWrittenAt = store === null ? null : await store.lastWrittenAt();
  const oldestEventAt = store === null ? null : await store.oldestEventAt();
  const jobs = jobsByWatch(store === null ? [] : await store.countJobs());
  const alerts = store === null ? new Map<string, Timestamp>() : await store.readAlerts();
  const successes = store === null ? new Map<string, Timestamp>() : await store.lastSuccesses();
  const counted = store === null ? [] : await store.countDeliveries(now);
  const namesOf = (configured: readonly string[], known: Iterable<string>): string[] =>
    facts.isWhole && configured.length > 0 ? [...configured] : allOf([...configured, ...known]);
  const channels = namesOf(
    facts.channels,
    counted.map(({ channel }) => channel),
  );
  const watches = namesOf(facts.watches, [...jobs.keys(), ...successes.keys()]);
  const problems = [
    daemonWords(facts, lastWrittenAt),
    ...watches.flatMap((watch) => failureWords(`watch ${watch}`, failuresOf(alerts, 'watch_failing', watch))),
  ];
  const drills = drillReports(alerts);
  const warnings = [
    ...channels.flatMap((channel) =>
      failureWords(`channel ${channel}`, failuresOf(alerts, 'channel_failing', channel)),
    ),
    ...drills.map(drillLine),
  ];
  return {
    asOf: toIso(now),
    from: 'store',
    ok: false,
    problems,
    warnings,
    daemon: { state: daemon, version: null, startedAt: null, pid: null },
    watches: watches.map(
      (watch): WatchReport => ({
        watch,
        sight: 'unwatched',
        why:
          failureWords('', failuresOf(alerts, 'watch_failing', watch))
            .join('; ')
            .trim() || null,
        ...{ schedule: null, scheduledMs: null, periodMs: null, throttled: null, hint: null },
        lastSuccessAt: toIsoOrNull(successes.get(watch) ?? null),
        nextPollAt: null,
        polledBy: null,
        share: null,
        ...(jobs.get(watch) ?? { running: 0, jobs: {} }),
      }),
    ),
    channels:
      store === null
        ? []
        : await reportChannels(
            store,
            channels.map((channel) => standingOf(channel, failuresOf(alerts, 'channel_failing', channel))),
            now,
          ),
    ...{ drills, elsewhere: [] },
    mutes: store === null ? [] : (await store.listMutes({ openAt: now })).map((mute) => muteView(mute, now)),
    testAlert: null,
    config: { file, sha256, loadedAt: null, lastReload: null },
    store: {
      where,
      isRead: true,
      lastWrittenAt: toIsoOrNull(lastWrittenAt),
      oldestEventAt: toIsoOrNull(oldestEventAt),
    },
    replicas: [],
  };
}

/** What is said before anything else: nobody watches, and since when. */
export function daemonWords(
  {
    daemon,
    asked,
    now,
    where,
    store,
  }: Pick<StoreFactsForStatus, 'daemon' | 'asked' | 'now' | 'where' | 'store'>,
  lastWrittenAt: Timestamp | null,
): string {
  const last =
    lastWrittenAt === null
      ? ''
      : `; the store was written last ${formatSpan(Math.max(0, now - lastWrittenAt))} ago, at ${toIso(lastWrittenAt).slice(0, 19)}Z`;
  const why = asked === null ? '' : ` (${asked})`;
  const known =
    store === null ? `there is no database at ${where}` : `what follows is what the store knows${last}`;
  switch (daemon) {
    case 'not_running':
      return store === null
        ? `no daemon runs${why}, and there is no database yet at ${where}: "restore-watcher run" makes it`
        : `no daemon runs${why}: nobody is watching${last}. Start it with "restore-watcher run".`;
    case 'silent':
      return `a daemon holds the store, and does not answer${why}: ${known}`;
    case 'unknown':
      return `whether a daemon runs cannot be told${why}: ${known}`;
  }
}

/** Says of every watch, and every part of one, that it failed when the store was written last. */
export function blindWords(alerts: ReadonlyMap<string, Timestamp>): string[] {
  const watches = [...alerts.keys()].map(partsOfKey).filter(({ name }) => name === 'watch_failing');
  const names = new Set(watches.map(({ about }) => about));
  return [...names].flatMap((watch) =>
    failureWords(`watch ${watch}`, failuresOf(alerts, 'watch_failing', watch)),
  );
}

/** What was raised when the store was written last, and never taken back. */
interface Failure {
  since: Timestamp;
  place: WatchPlace | null;
}

function failuresOf(alerts: ReadonlyMap<string, Timestamp>, name: string, about: string): Failure[] {
  return [...alerts].flatMap(([key, since]) => {
    const parts = partsOfKey(key);
    return parts.name === name && parts.about === about ? { since, place: parts.place } : [];
  });
}

function failureWords(what: string, failures: readonly Failure[]): string[] {
  return failures.map(({ since, place }) => {
    const where = place === null ? '' : `${what === '' ? '' : ','} ${placeWords(place)}`;
    return `${what}${where} fails since ${toIso(since).slice(0, 19)}Z, as far as the store knows`;
  });
}

function standingOf(channel: string, [failure]: readonly Failure[]): ChannelStanding {
  return {
    channel,
    state: failure === undefined ? 'accepts' : 'failing',
    since: failure?.since ?? null,
    detail: null,
    nextDigestAt: null,
    sentBy: null,
  };
}

function allOf(names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => name !== '').toSorted();
}
