import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../clock.ts';
import { type Drill, drillKey } from '../../../domain/drills/drill.ts';
import type { DrillPlace } from '../../../domain/drills/drill-place.ts';
import { watchOf } from '../../../domain/event/subject.ts';
import type { Timestamp } from '../../../domain/instant.ts';
import { HISTORY_LIMIT } from '../../../domain/job/eta.ts';
import type { Observation } from '../../../domain/job/observation.ts';
import { JOB_KINDS } from '../../../domain/job/restore-job.ts';
import { targetKey } from '../../../domain/job/watch.ts';
import type { AuditReader } from '../../../store/ports/audit.ts';
import type { DrillReader } from '../../../store/ports/drills.ts';
import type { CoverageReader } from '../../../store/ports/evidence/coverage.ts';
import type { VerifiedReader } from '../../../store/ports/evidence/verified.ts';
import type { JobReader } from '../../../store/ports/jobs.ts';
import type { LastFinish, RecordedEvent, RecordReader } from '../../../store/ports/records.ts';
import type { WatchStatus } from '../../../watcher/status.ts';
import { coverageInPortions, USUAL_COVERAGE_MS } from '../../coverage.ts';
import type { StatusReport } from '../../status/report.ts';
import type { ExpectedEnds } from '../../usual/expected-ends.ts';
import type { DurationsStore } from '../../usual/remembered-durations.ts';
import { rememberTargetKeys, type TargetKeys } from '../../usual/target-keys.ts';
import type { DrillStanding } from '../drill-due.ts';
import type { InstanceDurations, LogFacts, RecordFacts, RunningFacts } from '../facts.ts';
import { type CoverageFacts, coverageFacts, together } from '../gaps.ts';
import { type PageQuery, RANGES } from '../query.ts';
import { createJobsWindow, type WindowStore } from './jobs-window.ts';
import { followLog, type News } from './log-news.ts';
import { rememberTold, type ToldBook } from './told-book.ts';

/** What a page asks of the store. */
export type PageStore = WindowStore &
  Pick<RecordReader, 'listEvents' | 'oldestRunning' | 'lastFinishes'> &
  DurationsStore &
  Pick<JobReader, 'targetKeysOf'> &
  Pick<AuditReader, 'lastCheckpoint' | 'readAuditLines'> &
  VerifiedReader &
  Pick<DrillReader, 'drillPlaces'> &
  CoverageReader;

/** What the record of a page is read with. */
export interface RecordReading {
  /** What is usual somewhere is asked for at each look, and is to be remembered. */
  store: PageStore;
  /** The watches in force that the page shows. */
  watches: () => ReadonlyArray<Pick<WatchStatus, 'watch' | 'kind'>>;
  /** The drills that are agreed. */
  drills: () => readonly Drill[];
  ends: ExpectedEnds;
  /** Counts the changes that polls of this process have found, a progress too: the log has no entry of that. */
  changesFound: () => number;
  clock: Clock;
}

/** Reads the record again and again, and each time only what may have changed. */
export interface PageRecord {
  /** @throws {StoreError} */
  read(now: RecordNow): Promise<RecordFacts>;
}

/** What is asked for where it is needed, and is the same for all that is read at one moment. @throws {StoreError} from each method. */
export interface RecordNow {
  /** Entries in the audit log. What is read afterwards holds all that they tell of. */
  entries(): Promise<number>;
  report(): Promise<StatusReport>;
}

/** So many restores that run are shown. */
const MOST_RUNNING = 60;
/** So many events are shown, and so many are looked through for them. */
const EVENTS = 20;
const MOST_EVENTS_LOOKED_AT = 400;
const EVENT_PORTION = 40;
/** Of so many instances of a watch it is drawn how long restores take. */
const MOST_PLOTS = 6;
/** How a drill stands is noted some seconds after a restore ends. */
const DRILLS_KEPT_MS = 15_000;
/** No event tells of a gap. */
const COVERAGE_KEPT_MS = 60_000;
/** So many instances are asked for when a restore finished last. */
const MOST_FINISHES = 500;
/** What no entry of the audit log tells of (digests that come due, say) is read again after so many milliseconds. */
const REPORT_KEPT_MS = 5_000;
/** The progress that another replica has seen is read so many milliseconds later at most, when somebody looks. */
const RUNNING_KEPT_MS = 2_000;
/** Restores that began before the range by less than this may have run into it, in milliseconds. */
const BEFORE_MS = 24 * 3_600_000;

/** Everything that changes rarely, and by what it is known that it did not. */
interface Kept {
  entries: number;
  readAt: number;
  report: StatusReport;
  events: readonly RecordedEvent[];
  lastFinish: LastFinish | null;
  lastFinishes: ReadonlyMap<string, LastFinish>;
  log: LogFacts;
  plots: readonly InstanceDurations[];
}

/**
 * Reads for one query. What has an entry in the audit log is read again only when the log has grown; what runs also when a poll has found something,
 * since its progress has no entry.
 */
export function createPageRecord(query: PageQuery, reading: RecordReading): PageRecord {
  const { store, clock } = reading;
  const window = createJobsWindow(store, query.watch);
  const coverageAt = rememberCoverage(store, query, clock);
  const targetKeysOf = rememberTargetKeys(store);
  const standingAt = rememberDrills(reading);
  const log = followLog(store);
  const told = rememberTold(store, clock);
  const runningAt = rememberRunning(reading);
  let kept: Kept | null = null;

  const readKept = async (
    { entries, news }: { entries: number; news: News | null },
    now: Timestamp,
    reportNow: () => Promise<StatusReport>,
  ): Promise<Kept> => {
    told.hear(news);
    const report = await reportNow();
    const [events, finishes, { last }, verified] = await Promise.all([
      readEvents(store, query),
      store.lastFinishes(namesOf(reading), MOST_FINISHES),
      store.lastCheckpoint(),
      store.lastVerified(),
    ]);
    const since = now - RANGES[query.range].ms - BEFORE_MS;
    await window.read(since, { news, monotonic: clock.monotonic() });
    const plots = await plotsOf(reading, query, finishes);
    return {
      ...{ entries, readAt: clock.monotonic(), report, events, plots },
      lastFinish: finishes[0] ?? null,
      // The latest first: of each watch that one stays.
      lastFinishes: new Map(finishes.toReversed().map((finish) => [finish.watch, finish])),
      log: { entries, checkpoint: last, verified },
    };
  };

  const readAnew = async (
    entries: number,
    now: Timestamp,
    reportNow: () => Promise<StatusReport>,
  ): Promise<Kept> => {
    const news = await log.read(entries);
    try {
      return await readKept({ entries, news }, now, reportNow);
    } catch (error) {
      // What was said of it is not said twice.
      log.forget();
      throw error;
    }
  };

  return {
    read: async ({ entries, report }) => {
      const now = clock.now();
      const seq = await entries();
      const isFresh =
        kept?.entries === seq && !window.isBehind && clock.monotonic() - kept.readAt < REPORT_KEPT_MS;
      const facts = isFresh && kept !== null ? kept : await readAnew(seq, now, report);
      kept = facts;
      const running = await describeRunning(await runningAt(seq), reading, { told, targetKeysOf });
      const { jobs, isWhole: hasAllJobs } = window.take(running.map(({ observation }) => observation));
      const coverage = await coverageAt(now);
      return {
        readAt: now,
        report: facts.report,
        ...{ running, jobs, hasAllJobs },
        events: facts.events,
        ...{
          lastFinish: facts.lastFinish,
          lastFinishes: facts.lastFinishes,
          log: facts.log,
          coverage,
          plots: facts.plots,
        },
        drillStanding: await standingAt(),
      };
    },
  };
}

/** What remembers what is read of jobs that run. */
interface RunningReading {
  told: ToldBook;
  targetKeysOf: TargetKeys;
}

/** Remembers which restores run, for as long as neither the log nor a poll tells of a change. Other replicas tell of progress to nobody. */
function rememberRunning(
  reading: Pick<RecordReading, 'store' | 'watches' | 'changesFound' | 'clock'>,
): (entries: number) => Promise<readonly Observation[]> {
  const { store, changesFound, clock } = reading;
  let kept: { entries: number; changes: number; readAt: number; found: readonly Observation[] } | null = null;
  return async (entries) => {
    const changes = changesFound();
    const isFresh =
      kept?.entries === entries &&
      kept.changes === changes &&
      clock.monotonic() - kept.readAt < RUNNING_KEPT_MS;
    if (kept !== null && isFresh) return kept.found;
    const readAt = clock.monotonic();
    const found = await store.oldestRunning(namesOf(reading), MOST_RUNNING);
    kept = { entries, changes, readAt, found };
    return found;
  };
}

async function describeRunning(
  observations: readonly Observation[],
  { store, ends }: Pick<RecordReading, 'store' | 'ends'>,
  { told, targetKeysOf }: RunningReading,
): Promise<RunningFacts[]> {
  const etaOf = await ends.of(observations);
  const keyAt = await targetKeysOf(observations);
  const running: RunningFacts[] = [];
  for (const observation of observations) {
    const { job, jobId, watch } = observation;
    if (job === null) continue;
    const key = keyAt.get(observation);
    const known = await told.of(jobId);
    running.push({
      observation,
      eta: etaOf.get(observation) ?? null,
      durations: key === undefined ? [] : await store.finishedDurations(key, HISTORY_LIMIT),
      events: known.filter(({ event }) => watchOf(event) === watch),
    });
  }
  return running;
}

function namesOf({ watches }: Pick<RecordReading, 'watches'>): string[] {
  return watches().map(({ watch }) => watch);
}

/** Durations at the instances of one watch where restores finished last. */
async function plotsOf(
  { store, watches }: RecordReading,
  { watch: name }: PageQuery,
  finishes: readonly LastFinish[],
): Promise<InstanceDurations[]> {
  const own = watches().find(({ watch }) => watch === name);
  const kind = JOB_KINDS.find((each) => each === own?.kind);
  if (name === null || kind === undefined) return [];
  const plots: InstanceDurations[] = [];
  for (const { watch, groupId, instanceName } of finishes) {
    if (watch !== name || plots.length >= MOST_PLOTS) continue;
    const key = targetKey({ watch, kind, groupId, instanceName });
    const durations = await store.finishedDurations(key, HISTORY_LIMIT);
    plots.push({ groupId, instanceName, durations });
  }
  return plots;
}

/** The newest events that fit, as far as they are among those that are looked through. */
async function readEvents(store: PageStore, { watch, event }: PageQuery): Promise<readonly RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  let cursor: string | undefined;
  const portion = event === null ? EVENTS : EVENT_PORTION;
  for (let looked = 0; looked < MOST_EVENTS_LOOKED_AT; looked += portion) {
    const page = await store.listEvents({ watch: watch ?? undefined, limit: portion, cursor });
    found.push(...page.items.filter((one) => event === null || one.event.name === event));
    if (found.length >= EVENTS || page.nextCursor === null) break;
    cursor = page.nextCursor;
    await nextTurn();
  }
  return found.slice(0, EVENTS);
}

/** Remembers how everything was watched. As long as it is kept, it is the same object. */
function rememberCoverage(
  store: PageStore,
  { watch }: PageQuery,
  clock: Clock,
): (now: Timestamp) => Promise<CoverageFacts> {
  let kept: { readAt: number; facts: CoverageFacts } | null = null;
  return async (now) => {
    if (kept !== null && clock.monotonic() - kept.readAt < COVERAGE_KEPT_MS) return kept.facts;
    const period = { since: now - USUAL_COVERAGE_MS, until: now };
    const portions: CoverageFacts[] = [];
    for await (const places of coverageInPortions(store, { watch: watch ?? undefined, ...period }, now))
      portions.push(coverageFacts(places));
    const facts = together(portions);
    kept = { readAt: clock.monotonic(), facts };
    return facts;
  };
}

/** Remembers how drills stand: of a watch that has thousands of instances, that is some milliseconds. */
function rememberDrills({ store, drills, clock }: RecordReading): () => Promise<DrillStanding> {
  let kept: { readAt: number; agreed: readonly Drill[]; standing: DrillStanding } | null = null;
  return async () => {
    const agreed = drills();
    const isFresh =
      kept !== null && kept.agreed === agreed && clock.monotonic() - kept.readAt < DRILLS_KEPT_MS;
    if (kept !== null && isFresh) return kept.standing;
    const standing = new Map<string, readonly DrillPlace[]>();
    for (const key of new Set(agreed.map(drillKey))) {
      standing.set(key, [...(await store.drillPlaces(key)).values()]);
      await nextTurn();
    }
    kept = { readAt: clock.monotonic(), agreed, standing };
    return standing;
  };
}
