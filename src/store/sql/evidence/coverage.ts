import type { Kysely } from 'kysely';
import type { CoverageStore } from '../../ports/evidence/coverage.ts';
import { noteCoverage } from '../../queries/coverage/note.ts';
import { pruneCoverage } from '../../queries/coverage/prune.ts';
import { readCoverage } from '../../queries/coverage/read.ts';
import type { Database } from '../../queries/schema.ts';
import type { Guarded } from '../method-guard.ts';
import type { Turns } from '../turns.ts';

/** Builds the port of coverage over SQL. */
export function createCoverageStore(
  db: Kysely<Database>,
  { beside }: Turns,
  guarded: Guarded,
): CoverageStore {
  return {
    readCoverage: guarded('read what was watched', (filter) => readCoverage(db, filter)),
    noteCoverage: guarded('note what is watched', (note) => beside((trx) => noteCoverage(trx, note))),
    pruneCoverage: guarded('prune what was watched', (overBefore, limit) =>
      beside((trx) => pruneCoverage(trx, overBefore, limit)),
    ),
  };
}
