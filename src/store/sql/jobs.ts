import { isDeepStrictEqual } from 'node:util';
import type { Kysely, Transaction } from 'kysely';
import type { Observation } from '../../domain/job/observation.ts';
import type { JobStore, PollCommit } from '../ports/jobs.ts';
import { lastLookAt, lastLooksAt, noteLook, noteLooks } from '../queries/discoveries.ts';
import { writeEvents } from '../queries/events.ts';
import { noteFinish } from '../queries/figures/finishes.ts';
import { finishedDurations, targetKeysOf } from '../queries/keeping/durations.ts';
import {
  followedTargets,
  lastFinishOf,
  readElsewhere,
  readObservations,
  readTarget,
  targetsWithBaseline,
  writeBaseline,
  writeObservations,
} from '../queries/observations.ts';
import type { Database } from '../queries/schema.ts';
import { noteSuccesses } from '../queries/successes.ts';
import type { Guarded } from './method-guard.ts';
import type { Turns } from './turns.ts';

/** Builds the port of jobs over SQL. */
export function createJobStore(db: Kysely<Database>, turns: Turns, guarded: Guarded): JobStore {
  return {
    readTarget: guarded('read a target', (key, now) => readTarget(db, key, now)),
    followedTargets: guarded('read targets', (watch, now) => followedTargets(db, watch, now)),
    readObservations: guarded('read observations', (watch, ids) => readObservations(db, watch, ids)),
    readElsewhere: guarded('read observations', (target, ids) => readElsewhere(db, target, ids)),
    finishedDurations: guarded('read observations', (key, limit) => finishedDurations(db, key, limit)),
    targetKeysOf: guarded('read observations', (watch, ids) => targetKeysOf(db, watch, ids)),
    targetsWithBaseline: guarded('read targets', (keys) => targetsWithBaseline(db, keys)),
    lastLookAt: guarded('read when instances were looked for', (key) => lastLookAt(db, key)),
    lastLooksAt: guarded('read when instances were looked for', (keys) => lastLooksAt(db, keys)),
    commitPoll: guarded('commit a poll', (commit) => commitPoll(turns, commit)),
    noteLook: guarded('note that instances were looked for', (key, at) =>
      turns.single((one) => noteLook(one, key, at)),
    ),
    noteLooks: guarded('note that instances were looked for', (keys, at) =>
      turns.single((one) => noteLooks(one, keys, at)),
    ),
    noteSuccesses: guarded('note when watches were polled', (successes, now) =>
      turns.single((one) => noteSuccesses(one, successes, now)),
    ),
  };
}

async function commitPoll({ inTurn }: Turns, commit: PollCommit): Promise<boolean> {
  const { targetKey, watch, at, takesBaseline, observations, events, audit, madeOf } = commit;
  if (!takesBaseline && observations.length + events.length + audit.length === 0) return true;
  return await inTurn(async (trx, record) => {
    if (madeOf !== undefined && !(await isOnRecord(trx, madeOf))) return false;
    if (takesBaseline) await writeBaseline(trx, { key: targetKey, watch, at });
    await writeObservations(trx, targetKey, observations);
    const finishedAt = lastFinishOf(observations);
    if (finishedAt !== null) await noteFinish(trx, { targetKey, watch, at: finishedAt });
    await writeEvents(trx, events, at);
    await record(audit);
    return true;
  });
}

/** Everybody who writes observations takes turns: what is so now stays so until this one has written. */
async function isOnRecord(trx: Transaction<Database>, observation: Observation): Promise<boolean> {
  const { watch, jobId } = observation;
  return isDeepStrictEqual((await readObservations(trx, watch, [jobId])).get(jobId), observation);
}
