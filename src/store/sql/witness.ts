import type { Kysely, Transaction } from 'kysely';
import {
  type Frontier,
  frontierText,
  parseFrontier,
  parseHash,
  type TreeHead,
} from '../../domain/evidence/audit-tree.ts';
import type { Cosigned, WitnessedStore, WitnessStore } from '../ports/witness.ts';
import { checkpointRow, keepCheckpointRow } from '../queries/audit-log.ts';
import type { Database } from '../queries/schema.ts';
import { readMade } from './audit.ts';
import type { Guarded } from './method-guard.ts';
import type { Turns } from './turns.ts';

/** Builds the ports of witnesses over SQL. */
export function createWitnessStore(
  db: Kysely<Database>,
  turns: Turns,
  guarded: Guarded,
): WitnessStore & WitnessedStore {
  return {
    witnessView: guarded('read what a witness has cosigned', (witness) => witnessView(db, witness)),
    noteCosigned: guarded('write what a witness has cosigned', (cosigned) => noteCosigned(turns, cosigned)),
    witnessed: guarded('read what was cosigned', (origin) => witnessed(db, origin)),
    noteWitnessed: guarded('write what was cosigned', (origin, oldSize, next) =>
      turns.inTurn((trx) => noteWitnessed(trx, origin, oldSize, next)),
    ),
  };
}

async function witnessView(db: Kysely<Database>, witness: string): Promise<Frontier | null> {
  const row = await db
    .selectFrom('witness_view')
    .selectAll()
    .where('witness', '=', witness)
    .executeTakeFirst();
  return row === undefined ? null : parseFrontier(row.size, row.tree);
}

async function noteCosigned({ inTurn }: Turns, { witness, frontier, line, at }: Cosigned): Promise<void> {
  const { size } = frontier;
  const tree = frontierText(frontier);
  await inTurn(async (trx, record) => {
    await trx
      .insertInto('witness_view')
      .values({ witness, size, tree })
      .onConflict((conflict) => conflict.column('witness').doUpdateSet({ size, tree }))
      .execute();
    const last = readMade((await checkpointRow(trx)).checkpoint);
    if (last?.size === size && !last.note.includes(line))
      await keepCheckpointRow(trx, { checkpoint: JSON.stringify({ ...last, note: last.note + line }) });
    await record([{ at, kind: 'checkpoint.cosigned', data: { witness, size, line } }]);
  });
}

async function witnessed(
  db: Kysely<Database> | Transaction<Database>,
  origin: string,
): Promise<TreeHead | null> {
  const row = await db
    .selectFrom('witnessed_log')
    .selectAll()
    .where('origin', '=', origin)
    .executeTakeFirst();
  const root = row === undefined ? null : parseHash(row.root);
  return row === undefined || root === null ? null : { size: row.size, root };
}

async function noteWitnessed(
  trx: Transaction<Database>,
  origin: string,
  oldSize: number,
  { size, root, note }: TreeHead & { note: string },
): Promise<boolean> {
  const known = await witnessed(trx, origin);
  if ((known?.size ?? 0) !== oldSize) return false;
  const values = { size, root: root.toString('base64'), note };
  await trx
    .insertInto('witnessed_log')
    .values({ origin, ...values })
    .onConflict((conflict) => conflict.column('origin').doUpdateSet(values))
    .execute();
  return true;
}
