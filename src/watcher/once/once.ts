import pLimit from 'p-limit';
import { isOfAllProjects } from '../../domain/job/watch.ts';
import { KEEPER_UNIT, projectUnit } from '../../domain/replicas/unit.ts';
import { createFaultLog } from '../../logging/fault-log.ts';
import { type HandingOn, handOnCheckpoint } from '../keep/hand-on.ts';
import { takeEveryLease } from '../leases/every-lease.ts';
import { unitsOf } from '../leases/units.ts';
import { Recorder } from '../record/recorder.ts';
import { createClockSteps } from '../schedule/clock-steps.ts';
import { createSuccesses } from '../watch/successes.ts';
import { closeWhatLeft, keepHouse, lookAtDrills, remindAfter, signLog } from './chores.ts';
import { drainChannels } from './drain.ts';
import { pollWatch } from './poll-watch.ts';
import type { OnceReport } from './report.ts';
import { holdOf, type OnceDeps, type Run, under } from './run.ts';

const POLLS_AT_ONCE = 8;
/** So long, in milliseconds, whoever waits for a message waits for witnesses; they are asked from the beginning of the run on. */
const WITNESSES_WITHIN_MS = 2_000;

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
