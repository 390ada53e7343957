import pLimit from 'p-limit';
import type { Timestamp } from '../domain/instant.ts';
import type { JobState } from '../domain/job/restore-job.ts';
import { isOfAllProjects, type Watch } from '../domain/job/watch.ts';
import { channelUnit, KEEPER_UNIT, projectUnit } from '../domain/replicas/unit.ts';
import { deliveryId } from '../domain/telling/owed.ts';
import { toError } from '../errors.ts';
import { createFaultLog, type FaultLog } from '../logging/fault-log.ts';
import type { RecordReader } from '../store/ports/records.ts';
import type { Lease } from '../store/ports/replicas/lease.ts';
import { createConfidence } from './deliver/confidence.ts';
import { dispatchOnce } from './deliver/dispatch.ts';
import { callIn } from './deliver/fallbacks.ts';
import { sendingOnlyOurs } from './deliver/only-ours.ts';
import { createSendTimes } from './deliver/send-times.ts';
import { closeDeparted } from './departures.ts';
import { DrillLook } from './drills/drill-look.ts';
import { type HandingOn, handOnCheckpoint } from './keep/hand-on.ts';
import { pruneForAWhile } from './keep/prune-for-a-while.ts';
import { type EveryLease, takeEveryLease } from './leases/every-lease.ts';
import { type Hold, underHold } from './leases/leases.ts';
import { unitOfWatch, unitsOf } from './leases/units.ts';
import { Recorder } from './record/recorder.ts';
import { remindDue } from './remind/reminders.ts';
import { createVisibility } from './remind/visibility.ts';
import type { RunnerDeps } from './runner.ts';
import { createClockSteps } from './schedule/clock-steps.ts';
import { USUAL_PACE } from './schedule/pace.ts';
import type { WatchShare } from './share/watch-share.ts';
import { wholeShare } from './share/whole-share.ts';
import { createWatchLoop } from './watch/loop.ts';
import { createSuccesses } from './watch/successes.ts';
import type { WatchLoop } from './watch/watch-loop.ts';
import type { WatcherStore } from './watcher-store.ts';

/** What one poll of every watch, and one go at what is due, came to. */
export interface OnceReport {
  watches: Array<{
    watch: string;
    /** That were read. */
    jobs: number;
    /** How many of the jobs on record are in which state. */
    states: Partial<Record<JobState, number>>;
    events: string[];
    fault: { message: string; hint: string | null } | null;
  }>;
  channels: Array<{
    channel: string;
    tried: number;
    stillOwed: number;
    /** Owed as well, but not before the channel's next digest. */
    held: number;
    givenUp: number;
    /** It did not answer in time, and was left alone for the rest of this run. */
    isHanging: boolean;
    fault: string | null;
  }>;
  /** Every watch was polled and everything owed was delivered, but for what waits for a digest. */
  isComplete: boolean;
}

/** As for the daemon; the report also tells what is on record. */
export type OnceDeps = Omit<RunnerDeps, 'store'> & { store: OnceStore };

/** What a run reads, and writes under its leases. */
export interface OnceStore extends WatcherStore, RecordReader {
  /** See `LeaseStore`. */
  under(lease: Lease): OnceStore;
}

/** One run of `runOnce`. Everything writes under the lease on what it is about: a run that stood still may not be the only one any more. */
interface Run extends OnceDeps {
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

const POLLS_AT_ONCE = 8;
/** So long, in milliseconds, whoever waits for the end of a run waits for drills. */
const DRILLS_WITHIN_MS = 5_000;
/** So long, in milliseconds, whoever waits for a message waits for witnesses; they are asked from the beginning of the run on. */
const WITNESSES_WITHIN_MS = 2_000;
/** A delivery is tried so often in one run at most: once more where the channel has accepted something else meanwhile. */
const MOST_TRIES = 2;

/**
 * One poll of every watch, then one go at every delivery that is due; for cron, CI and Kubernetes CronJobs. What cannot be
 * delivered now stays owed for the next run, and so does the rest of a channel that has not answered in time.
 * This process must have joined the store (`join`).
 * @throws {StoreError} reason `conflict` where replicas that share the store do the work already.
 */
export async function runOnce(deps: OnceDeps, signal: AbortSignal): Promise<OnceReport> {
  const faultLog = createFaultLog(deps.logger, deps.clock);
  const channels = deps.notifiers.map(({ channel }) => channel);
  const units = unitsOf({ watches: deps.watches, channels, found: await foundUnits(deps) });
  const leases = await takeEveryLease({ ...deps, faultLog }, units, deps.configuration);
  const run: Run = {
    ...deps,
    recorder: new Recorder({ ...deps, rules: () => deps }),
    leases,
    faultLog,
    owner: deps.membership.replica,
    hanging: new Set(),
    refusals: new Map(),
  };
  const keeping = under(run, holdOf(run, KEEPER_UNIT));
  // The last one was made at the end of an earlier run, or by a daemon that has ended.
  const handingOn = handOnCheckpoint(keeping);
  try {
    return await runAll(run, handingOn, signal);
  } finally {
    await handingOn.end();
    await leases.giveUp();
  }
}

/** The right to a unit that every run asks for. */
function holdOf({ leases }: Run, unit: string): Hold {
  const hold = leases.holdOf(unit);
  if (hold === null) throw new Error(`${unit} was not asked for`);
  return hold;
}

/** The same run, which writes under this hold. */
function under(run: Run, hold: Hold): Run {
  const { store, recorder } = run;
  return { ...run, store: underHold(store, hold), recorder: underHold(recorder, hold) };
}

/** A unit for each project that replicas have found. */
async function foundUnits({ membership, watches }: OnceDeps): Promise<string[]> {
  if (membership.kind === 'alone') return [];
  const units = watches.filter(isOfAllProjects).map(async ({ name: watch, connection }) => {
    const found = await membership.foundProjects({ watch, connection });
    return found.map(({ groupId }) => projectUnit({ connection, groupId }));
  });
  return (await Promise.all(units)).flat();
}

async function runAll(run: Run, handingOn: HandingOn, signal: AbortSignal): Promise<OnceReport> {
  // Of several replicas another one has written last, by another clock.
  if (run.membership.kind === 'alone') await createClockSteps(run).begin();
  const successes = createSuccesses(run);
  const limit = pLimit(POLLS_AT_ONCE);
  const polled = await Promise.all(run.watches.map((watch) => limit(() => pollWatch(run, watch))));
  await successes.stop();
  const counts = Map.groupBy(await run.store.countJobs(), ({ watch }) => watch);
  const watches = polled.map(({ report }) => ({
    ...report,
    states: Object.fromEntries((counts.get(report.watch) ?? []).map(({ state, count }) => [state, count])),
  }));
  const loops = polled.map(({ loop }) => loop);
  const keeping = under(run, holdOf(run, KEEPER_UNIT));
  await remindAfter(keeping, loops);
  await closeWhatLeft(keeping);
  await lookAtDrills(keeping, loops);
  await handingOn.within(WITNESSES_WITHIN_MS);
  const channels = await drainChannels(run, signal);
  await keepHouse(keeping, loops);
  await signLog(keeping);
  return {
    watches,
    channels,
    isComplete:
      watches.every(({ fault }) => fault === null) &&
      channels.every(({ stillOwed, givenUp, fault }) => stillOwed === 0 && givenUp === 0 && fault === null),
  };
}

async function pollWatch(
  run: Run,
  watch: RunnerDeps['watches'][number],
): Promise<{ loop: WatchLoop; report: Omit<OnceReport['watches'][number], 'states'> }> {
  const source = run.sources.get(watch.connection);
  if (!source) throw new Error(`watch ${watch.name} has no connection ${watch.connection}`);
  const options = { watch, share: shareOf(run, watch), gapMs: () => 60_000, isPatient: true };
  const loop = createWatchLoop({ ...run, source }, options);
  const events: string[] = [];
  const stopListening = run.signals.on('event:recorded', ({ planned: { event } }) => {
    const { subject } = event;
    if (subject.kind === 'job' && subject.watch === watch.name) events.push(event.summary);
  });
  const beat = setInterval(() => loop.beat(), USUAL_PACE.beatEveryMs);
  const report = await loop.pollNow();
  stopListening();
  clearInterval(beat);
  await loop.stop(0);
  const { fault } = loop.status();
  return {
    loop,
    report: {
      watch: watch.name,
      jobs: report.jobs,
      events,
      fault: fault && { message: fault.message, hint: fault.hint },
    },
  };
}

/** A project that nobody had found before is read under the right to list them. */
function shareOf(run: Run, watch: Watch): WatchShare {
  const hold = holdOf(run, unitOfWatch(watch));
  const { connection } = watch;
  return wholeShare(hold, (groupId) => run.leases.holdOf(projectUnit({ connection, groupId })) ?? hold);
}

/** What is due of what these polls have seen to last. How the channels are doing is not known here, so nobody is reminded of that. */
async function remindAfter(run: Run, loops: readonly WatchLoop[]): Promise<void> {
  const visibilityOf = createVisibility({
    watches: () => run.watches,
    loopOf: (name) => loops.find(({ watch }) => watch.name === name) ?? null,
    channels: () => run.notifiers.map(({ channel }) => ({ channel, failing: null })),
  });
  try {
    await remindDue({ ...run, visibilityOf });
  } catch (thrown) {
    run.logger.error('Reminders could not be recorded', { err: toError(thrown) });
  }
}

/** Nobody else tells that a watch or a channel of an earlier run is configured no more. */
async function closeWhatLeft(run: Run): Promise<void> {
  const configured = {
    watches: run.watches.map(({ name }) => name),
    channels: run.notifiers.map(({ channel }) => channel),
  };
  try {
    await closeDeparted({ ...run, isRunning: () => false, onChannelClosed: () => {} }, () => configured);
  } catch (thrown) {
    run.logger.error('What has left the configuration could not be closed', { err: toError(thrown) });
  }
}

/** Nobody else judges restores by the drills that are agreed. A log that is long is read on by the next run. */
async function lookAtDrills(run: Run, loops: readonly WatchLoop[]): Promise<void> {
  const { clock, logger } = run;
  const drills = new DrillLook({ ...run, surelyNow: () => surelyNow(run, loops) }, run);
  const until = clock.monotonic() + DRILLS_WITHIN_MS;
  try {
    while (!(await drills.look()) && clock.monotonic() < until);
  } catch (thrown) {
    logger.error('Drills could not be looked after', { err: toError(thrown) });
  }
}

/** By the earliest clock that was heard; `null`: no poll has succeeded. */
function surelyNow({ clock }: Run, loops: readonly WatchLoop[]): Timestamp | null {
  const ahead = loops.flatMap((loop) => (loop.status().lastSuccessAt === null ? [] : loop.surelyAheadMs()));
  return ahead.length === 0 ? null : clock.now() + Math.min(0, ...ahead);
}

/** Nobody else prunes what is old. Goes by the earliest clock that was heard, and not at all where no poll has succeeded. */
async function keepHouse(run: Run, loops: readonly WatchLoop[]): Promise<void> {
  const now = surelyNow(run, loops);
  if (run.keepMs === null || now === null) return;
  try {
    await pruneForAWhile(run, now - run.keepMs);
  } catch (thrown) {
    run.logger.error('What is old could not be pruned', { err: toError(thrown) });
  }
}

/** Nobody else signs how the log stands, where this run has the whole work of several replicas. Whoever has a store alone signs by itself. */
async function signLog({ signing, store }: Run): Promise<void> {
  const end = await signing?.(store);
  await end?.();
}

/** What a channel gives up goes to its fallback within the same run; that one may have a fallback too. */
async function drainChannels(run: Run, signal: AbortSignal): Promise<OnceReport['channels']> {
  const reports = await Promise.all(run.notifiers.map((notifier) => drainChannel(run, notifier, signal)));
  let calledIn = 0;
  const keeping = under(run, holdOf(run, KEEPER_UNIT));
  for (const fallback of run.fallbacks) calledIn += await callIn(keeping, fallback);
  if (calledIn === 0) return reports;
  const again = await drainChannels(run, signal);
  return again.map((second, index) => {
    const first = reports[index];
    if (first === undefined) return second;
    const { tried, givenUp } = first;
    return {
      ...second,
      tried: tried + second.tried,
      givenUp: givenUp + second.givenUp,
      fault: second.fault ?? first.fault,
    };
  });
}

async function drainChannel(
  run: Run,
  notifier: RunnerDeps['notifiers'][number],
  signal: AbortSignal,
): Promise<OnceReport['channels'][number]> {
  const { channel } = notifier;
  const hold = holdOf(run, channelUnit(channel));
  const sending = { ...under(run, hold), notifier: sendingOnlyOurs(notifier, hold) };
  const confidence = createConfidence(run.clock, createSendTimes(run.clock));
  let tried = 0;
  let fault: string | null = null;
  let givenUp = 0;
  const stopCounting = run.signals.on('delivery:recorded', ({ outcome, eventId, recipient, ...of }) => {
    if (of.channel !== channel) return;
    const id = deliveryId(eventId, channel, recipient);
    if (outcome === 'given_up') givenUp += 1;
    if (outcome === 'retry') run.refusals.set(id, (run.refusals.get(id) ?? 0) + 1);
  });
  const except = () => [...run.refusals].flatMap(([id, times]) => (times < MOST_TRIES ? [] : [id]));
  try {
    for (let more = true; more && !signal.aborted && !run.hanging.has(channel); ) {
      const result = await dispatchOnce({ ...sending, confidence, except }, signal);
      tried += result.tried;
      more = result.mayHaveMore;
      if (result.hasTimedOut && !signal.aborted) run.hanging.add(channel);
    }
  } catch (thrown) {
    fault = toError(thrown).message;
  } finally {
    stopCounting();
  }
  const counts = await run.store.countDeliveries(run.clock.now());
  const pending = counts.find((row) => row.channel === channel && row.status === 'pending');
  const held = pending?.held ?? 0;
  const isHanging = run.hanging.has(channel);
  return { channel, tried, stillOwed: (pending?.count ?? 0) - held, held, givenUp, isHanging, fault };
}
