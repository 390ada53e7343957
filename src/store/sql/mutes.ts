import type { Kysely } from 'kysely';
import { type Timestamp, toIso } from '../../domain/instant.ts';
import type { Mute, MuteRequest } from '../../domain/telling/mute.ts';
import type { MuteStore } from '../ports/mutes.ts';
import { endMute, insertMute, listMutes } from '../queries/mutes.ts';
import type { Database } from '../queries/schema.ts';
import { inTurn } from './in-turn.ts';
import type { Guarded } from './method-guard.ts';

/** Builds the port of mutes over SQL. */
export function createMuteStore(db: Kysely<Database>, guarded: Guarded): MuteStore {
  return {
    listMutes: guarded('list mutes', (filter) => listMutes(db, filter)),
    addMute: guarded('add a mute', (request) => addMute(db, request)),
    removeMute: guarded('remove a mute', (id, at, by) => removeMute(db, id, at, by)),
  };
}

async function addMute(db: Kysely<Database>, request: MuteRequest): Promise<Mute> {
  return inTurn(db, async (trx, record) => {
    const mute = await insertMute(trx, request);
    const { watch, events, createdAt, until, author, reason } = request;
    const data = { muteId: mute.id, watch, events, until: toIso(until), author, reason };
    await record([{ at: createdAt, kind: 'mute.added', data }]);
    return mute;
  });
}

async function removeMute(
  db: Kysely<Database>,
  id: Mute['id'],
  at: Timestamp,
  by: string,
): Promise<Mute | null> {
  return inTurn(db, async (trx, record) => {
    const mute = await endMute(trx, id, at, by);
    if (mute !== null)
      await record([{ at, kind: 'mute.removed', data: { muteId: id, watch: mute.watch, by } }]);
    return mute;
  });
}
