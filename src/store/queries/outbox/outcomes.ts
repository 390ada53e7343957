import { type ExpressionBuilder, type Selectable, sql, type Transaction, type Updateable } from 'kysely';
import type { Timestamp } from '../../../domain/instant.ts';
import { assertNever } from '../../../domain/job/restore-job.ts';
import type { DeliveryOutcome, RecipientOutcome } from '../../ports/outbox.ts';
import { keepQuery } from '../kept/kept-query.ts';
import { newDelivery } from '../rows.ts';
import { type Database, DELIVERED, GIVEN_UP, PENDING } from '../schema.ts';
import { IS_STILL_PENDING, releaseClaim } from './outbox.ts';

/** Where a delivery stands after its attempt has ended, as far as the rest of its channel goes by it. */
export type Ended = Pick<Selectable<Database['delivery']>, 'channel' | 'last_attempt_at'>;

/** An outcome that has been written, and where its delivery stands by it; `null`: the outcome did not hold, or was a release. */
export interface Written {
  outcome: DeliveryOutcome;
  ended: Ended | null;
}

/**
 * Writes down how attempts ended. `delivered` always holds: the receiver has it, whoever had the lease by then. Anything else holds
 * only while the delivery is pending and, with `owner`, while nobody else has claimed it since. What was accepted in the same words, as
 * when several messages end together, is written in one statement.
 */
export async function writeOutcomes(
  trx: Transaction<Database>,
  outcomes: readonly DeliveryOutcome[],
  owner: string | undefined,
): Promise<Written[]> {
  const written: Written[] = [];
  while (written.length < outcomes.length) {
    const rest = outcomes.slice(written.length);
    const [first] = rest;
    if (first === undefined) break;
    const alike = acceptedAlike(rest);
    if (alike.length > 0) written.push(...(await writeAccepted(trx, alike)));
    else written.push(await writeOne(trx, first, owner));
  }
  return written;
}

/** Tells whether these outcomes stand there already, as an earlier call with the same has written them. Of a release nobody can tell. */
export async function areWritten(
  trx: Transaction<Database>,
  outcomes: readonly DeliveryOutcome[],
): Promise<boolean> {
  const ids = outcomes.map(({ id }) => id);
  const rows = await trx
    .selectFrom('delivery')
    .select(['id', 'status', 'ended_at', 'next_attempt_at', 'last_detail', 'lease_owner'])
    .where('id', 'in', ids)
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return outcomes.every((outcome) => {
    const row = byId.get(outcome.id);
    if (outcome.kind === 'released' || row === undefined || row.lease_owner !== null) return false;
    if (row.last_detail !== outcome.detail) return false;
    return outcome.kind === 'retry'
      ? row.status === 'pending' && row.next_attempt_at === outcome.nextAttemptAt
      : row.status === outcome.kind && row.ended_at === outcome.at;
  });
}

type Accepted = Extract<DeliveryOutcome, { kind: 'delivered' }>;

/** Those at the beginning that were accepted for everybody, in the same words. */
function acceptedAlike(outcomes: readonly DeliveryOutcome[]): Accepted[] {
  const alike: Accepted[] = [];
  for (const outcome of outcomes) {
    if (outcome.kind !== 'delivered' || outcome.apart?.length) break;
    if (outcome.detail !== (alike[0] ?? outcome).detail) break;
    alike.push(outcome);
  }
  return alike;
}

async function writeAccepted(trx: Transaction<Database>, alike: readonly Accepted[]): Promise<Written[]> {
  const rows = await endAccepted(trx, {
    ids: alike.map(({ id }) => id),
    times: alike.map(({ at }) => at),
    detail: alike[0]?.detail ?? '',
  });
  const written: Written[] = [];
  for (const outcome of alike) {
    const ended = rows.find(({ id }) => id === outcome.id) ?? null;
    if (ended === null) await countEndedAttempt(trx, outcome.id);
    written.push({ outcome, ended });
  }
  return written;
}

async function writeOne(
  trx: Transaction<Database>,
  outcome: DeliveryOutcome,
  owner: string | undefined,
): Promise<Written> {
  if (outcome.kind === 'released') {
    await releaseClaim(trx, outcome.id, owner);
    return { outcome, ended: null };
  }
  const [ended = null] = await endAttempt(trx, outcome, owner);
  if (ended === null) await countEndedAttempt(trx, outcome.id);
  else if (outcome.apart?.length) await writeParts(trx, ended, outcome.apart, outcome.at);
  return { outcome, ended };
}

/** What an attempt that has ended leaves behind, whatever its end. */
const ended = ({ fn }: ExpressionBuilder<Database, 'delivery'>, detail: string) => ({
  attempts_finished: FINISHED,
  urgent: sql.lit(0 as const),
  last_detail: detail,
  first_attempt_at: fn.coalesce('first_attempt_at', 'claimed_at'),
  last_attempt_at: fn.coalesce('claimed_at', 'last_attempt_at'),
  claimed_at: null,
  lease_owner: null,
  lease_until: sql.lit(0),
});

type Acceptances = { ids: readonly string[]; times: readonly Timestamp[]; detail: string };

/** Ends what was accepted, each at its own time; returns what of it was not known to be. */
const endAccepted = keepQuery((db, { ids, times, detail }: Acceptances) =>
  db
    .updateTable('delivery')
    .set({
      status: DELIVERED,
      ended_at: sql<Timestamp>`case id ${sql.join(
        ids.map((id, index) => sql`when ${id} then cast(${times[index]} as bigint)`),
        sql` `,
      )} end`,
    })
    .set((eb) => ended(eb, detail))
    .where('id', 'in', ids)
    .where('status', '!=', DELIVERED)
    .returning(['id', 'channel', 'last_attempt_at']),
);

/** Ends the attempt at a delivery; returns its row, unless the outcome does not hold. */
async function endAttempt(
  trx: Transaction<Database>,
  outcome: Exclude<DeliveryOutcome, { kind: 'released' }>,
  owner: string | undefined,
): Promise<Array<Selectable<Database['delivery']>>> {
  let ending = trx
    .updateTable('delivery')
    .set(changeOf(outcome))
    .set((eb) => ended(eb, outcome.detail))
    .where('id', '=', outcome.id);
  if (outcome.kind === 'delivered') return ending.where('status', '!=', DELIVERED).returningAll().execute();
  ending = ending.where(IS_STILL_PENDING);
  if (owner !== undefined)
    ending = ending.where(({ eb, or }) => or([eb('lease_owner', 'is', null), eb('lease_owner', '=', owner)]));
  return ending.returningAll().execute();
}

/** Adds what single recipients are owed of a delivery from now on. Their 24 hours begin with the attempt that has just ended, which counts. */
async function writeParts(
  trx: Transaction<Database>,
  whole: Selectable<Database['delivery']>,
  parts: readonly RecipientOutcome[],
  at: Timestamp,
): Promise<void> {
  const rows = parts.map((part) => ({
    ...newDelivery({
      eventId: whole.event_id,
      channel: whole.channel,
      orderKey: whole.order_key,
      at: whole.created_at,
      heldUntil: whole.held_until,
      insteadOf: whole.instead_of,
      recipient: part.recipient,
    }),
    part_of: whole.position,
    ...stateOfPart(part, at),
  }));
  await trx
    .insertInto('delivery')
    .values(rows)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

function stateOfPart(part: RecipientOutcome, at: Timestamp) {
  const never = { status: PENDING, attempts_started: 0, attempts_finished: 0, next_attempt_at: at };
  if (part.kind === 'owed')
    return { ...never, first_attempt_at: null, last_attempt_at: null, last_detail: null, ended_at: null };
  const tried = {
    ...never,
    attempts_started: 1,
    attempts_finished: 1,
    first_attempt_at: at,
    last_attempt_at: at,
    last_detail: part.detail,
  };
  return part.kind === 'retry'
    ? { ...tried, next_attempt_at: part.nextAttemptAt, ended_at: null }
    : { ...tried, status: GIVEN_UP, ended_at: at };
}

function changeOf(outcome: Exclude<DeliveryOutcome, { kind: 'released' }>): Updateable<Database['delivery']> {
  switch (outcome.kind) {
    case 'delivered':
    case 'given_up':
      return { status: outcome.kind, ended_at: outcome.at };
    case 'retry':
      return {
        next_attempt_at: outcome.nextAttemptAt,
        refused_since: outcome.refusedSince ?? null,
        ...(outcome.triedMs === undefined ? {} : { tried_ms: outcome.triedMs }),
      };
    default:
      return assertNever(outcome);
  }
}

/** An attempt that ended has ended. Never more than were begun. */
const FINISHED = sql<number>`case when attempts_finished < attempts_started then attempts_finished + 1 else attempts_finished end`;

/** The attempt counts, whatever became of the delivery meanwhile. */
async function countEndedAttempt(trx: Transaction<Database>, id: string): Promise<void> {
  await trx.updateTable('delivery').set({ attempts_finished: FINISHED }).where('id', '=', id).execute();
}
