import type { Kysely } from 'kysely';
import type { AuditStub } from '../../domain/evidence/audit-stub.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { KeepingStore, PrunedThing, PruneResult, PruneStep } from '../ports/keeping.ts';
import { oldestEventAt } from '../queries/events.ts';
import { deletePruned, putStub } from '../queries/keeping/audit-log.ts';
import { pruneEvents } from '../queries/keeping/events.ts';
import { pruneJobs } from '../queries/keeping/jobs.ts';
import { pruneMutes } from '../queries/keeping/mutes.ts';
import { addPruned, beginAnew, prunedEntry } from '../queries/keeping/pruned.ts';
import type { Database } from '../queries/schema.ts';
import type { Guarded } from './method-guard.ts';
import type { Turns, WorkInTurn } from './turns.ts';

/** Builds the port of keeping over SQL. */
export function createKeepingStore(db: Kysely<Database>, turns: Turns, guarded: Guarded): KeepingStore {
  return {
    prune: guarded('prune what is old', (step) => prune(turns, step)),
    notePruned: guarded('write the audit log', (at) => notePruned(db, turns, at)),
    cutAudit: guarded('prune the audit log', (stub, at) => cutAudit(turns, stub, at)),
    deleteCut: guarded('prune the audit log', (limit) =>
      turns.inTurn(async (trx) => (await deletePruned(trx, limit)) === limit),
    ),
    oldestEventAt: guarded('read events', () => oldestEventAt(db)),
  };
}

const PRUNE: Record<PrunedThing, typeof pruneJobs> = {
  jobs: pruneJobs,
  events: pruneEvents,
  mutes: pruneMutes,
};

function prune({ inTurn }: Turns, step: PruneStep): Promise<PruneResult> {
  const work: WorkInTurn<PruneResult> = async (trx) => {
    const result = await PRUNE[step.thing](trx, step);
    await addPruned(trx, result.pruned, step.overBefore);
    return result;
  };
  return inTurn(work);
}

/** Looks before it locks: mostly there is nothing to tell. */
async function notePruned(db: Kysely<Database>, { inTurn }: Turns, at: Timestamp): Promise<boolean> {
  if ((await prunedEntry(db, at)) === null) return false;
  return inTurn(async (trx, record) => {
    const entry = await prunedEntry(trx, at);
    if (entry === null) return false;
    await beginAnew(trx, at);
    await record([entry]);
    return true;
  });
}

function cutAudit({ inTurn }: Turns, stub: AuditStub, at: Timestamp): Promise<boolean> {
  return inTurn(async (trx, record) => {
    if (!(await putStub(trx, stub))) return false;
    await record([{ at, kind: 'audit.pruned', data: { last: stub.last.seq } }]);
    return true;
  });
}
