import type { Kysely } from 'kysely';
import type { DrillStore } from '../../ports/drills.ts';
import { deleteDrills, drillMarks, drillPlaces } from '../../queries/evidence/drills.ts';
import type { Database } from '../../queries/schema.ts';
import type { Guarded } from '../method-guard.ts';
import type { Turns } from '../turns.ts';

/** Builds the port of drills over SQL. */
export function createDrillStore(db: Kysely<Database>, turns: Turns, guarded: Guarded): DrillStore {
  return {
    drillMarks: guarded('read how drills stand', () => drillMarks(db)),
    drillPlaces: guarded('read how drills stand', (drill) => drillPlaces(db, drill)),
    forgetDrills: guarded('forget drills', (drills) => turns.inTurn((trx) => deleteDrills(trx, drills))),
  };
}
