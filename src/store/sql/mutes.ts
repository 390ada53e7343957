import type { Kysely } from 'kysely';
import { type Timestamp, toIso } from '../../domain/instant.ts';
import type { Mute, MuteRequest } from '../../domain/telling/mute.ts';
import type { MuteStore } from '../ports/mutes.ts';
import { endMute, insertMute, listMutes } from '../queries/mutes.ts';
import type { Database } from '../queries/schema.ts';
import type { Guarded } from './method-guard.ts';
import type { Turns } from './turns.ts';

/** Builds the port of mutes over SQL. */
export function createMuteStore(db: Kysely<Database>, turns: Turns, guarded: Guarded): MuteStore {
  return {
    listMutes: guarded('list mutes', (filter) => listMutes(db, filter)),
    addMute: guarded('add a mute', (request) => addMute(turns, request)),
    removeMute: guarded('remove a mute', (id, at, by) => removeMute(turns, id, at, by)),
  };
}

async function addMute({ inTurn }: Turns, request: MuteRequest): Promise<Mute> {
  return inTurn(async (trx, record) => {
    const mute = await insertMute(trx, request);
    const { watch, events, createdAt, until, author, reason } = request;
    const data = { muteId: mute.id, watch, events, until: toIso(until), author, reason };
    await record([{ at: createdAt, kind: 'mute.added', data }]);
    return mute;
  });
}

async function removeMute(
  { inTurn }: Turns,
  id: Mute['id'],
  at: Timestamp,
  by: string,
): Promise<Mute | null> {
  return inTurn(async (trx, record) => {
    const mute = await endMute(trx, id, at, by);
    if (mute !== null)
      await record([{ at, kind: 'mute.removed', data: { muteId: id, watch: mute.watch, by } }]);
    return mute;
  });
}
