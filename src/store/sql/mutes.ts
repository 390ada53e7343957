import type { Kysely } from 'kysely';
import type { AuditDraft } from '../../domain/audit.ts';
import { type Timestamp, toIsoOrNull } from '../../domain/instant.ts';
import type { Mute, MuteRequest } from '../../domain/telling/mute.ts';
import type { MuteStore } from '../ports/mutes.ts';
import { endMute, insertMute, listMutes } from '../queries/mutes/mutes.ts';
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
    await record([{ at: request.createdAt, kind: 'mute.added', data: added(mute) }]);
    return mute;
  });
}

/** What is left open is left out. */
function added({ id, watch, events, until, recurs, author, reason, ...scope }: Mute): AuditDraft['data'] {
  const { project, instance, target, job, labels } = scope;
  const named = Object.entries({ project, instance, target, job, labels }).filter(
    ([, value]) => value !== null,
  );
  return {
    muteId: id,
    watch,
    ...Object.fromEntries(named),
    events,
    until: toIsoOrNull(until),
    ...(recurs === null ? {} : { every: recurs.schedule, timeZone: recurs.timeZone, forMs: recurs.forMs }),
    author,
    reason,
  };
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
