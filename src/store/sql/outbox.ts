import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { AuditDraft } from '../../domain/audit.ts';
import type {
  ClaimedDelivery,
  ClaimRequest,
  DeliveryOutcome,
  FallbackRequest,
  Outbox,
} from '../ports/outbox.ts';
import { chunks } from '../queries/chunks.ts';
import { failingChannels, givenUpSince, lastAcceptedAt } from '../queries/outbox/deliveries.ts';
import { fallbackEntry, findLate, noteCovered, writeFallbacks } from '../queries/outbox/fallbacks.ts';
import { nextDueAt } from '../queries/outbox/next-due.ts';
import { claimDeliveries, findClaimable, giveBackClaims, renewLeases } from '../queries/outbox/outbox.ts';
import { areWritten, writeOutcomes } from '../queries/outbox/outcomes.ts';
import { writeConsequences } from '../queries/outbox/waiting.ts';
import type { Database } from '../queries/schema.ts';
import type { Guarded } from './method-guard.ts';
import type { Turns } from './turns.ts';

/** Builds the outbox over SQL. */
export function createOutbox(db: Kysely<Database>, turns: Turns, guarded: Guarded): Outbox {
  return {
    nextDueAt: guarded('read the outbox', (channel, filter) => nextDueAt(db, channel, filter)),
    failingChannels: guarded('read the outbox', () => failingChannels(db)),
    givenUpSince: guarded('read the outbox', (since) => givenUpSince(db, since)),
    lastAcceptedAt: guarded('read the outbox', (channel) => lastAcceptedAt(db, channel)),
    claimDeliveries: guarded('claim deliveries', (request) => claimDue(db, turns, request)),
    renewLeases: guarded('renew leases', async (ids, owner, until) => {
      if (ids.length > 0) await turns.single((one) => renewLeases(one, ids, owner, until));
    }),
    recordOutcomes: guarded('record outcomes', (outcomes, audit, owner, isAgain = false) =>
      recordOutcomes(turns, { outcomes, audit, owner, isAgain }),
    ),
    oweFallbacks: guarded('owe fallbacks', (request) => oweFallbacks(db, turns, request)),
  };
}

/**
 * Looks before it locks: most passes find nothing, and should not keep others from writing. What is being written just now may be what is
 * due: the claim then rides along with that, and needs no commit of its own. Needs no turn: it records nothing.
 */
async function claimDue(
  db: Kysely<Database>,
  turns: Turns,
  request: ClaimRequest,
): Promise<ClaimedDelivery[]> {
  if (request.isAgain) await turns.beside((trx) => giveBackClaims(trx, request));
  if (!turns.areBusy && (await findClaimable(db, request)).length === 0) return [];
  return turns.beside(async (trx) => claimDeliveries(trx, await findClaimable(trx, request), request));
}

/** Covered deliveries that are written down in one transaction. */
const PORTION = 1_000;

/**
 * Looks before it locks, as above. What the fallback has by other ways, such as a route, is written down first, so that it is looked at
 * once: in portions, for it may be all that is owed, as after the configuration has named another fallback and this one again.
 */
async function oweFallbacks(
  db: Kysely<Database>,
  { inTurn, beside }: Turns,
  request: FallbackRequest,
): Promise<Array<{ eventId: string }>> {
  const late = await findLate(db, request);
  const covered = late.filter(({ is_covered }) => is_covered);
  for (const [index, portion] of [...chunks(covered, PORTION)].entries()) {
    if (index > 0) await nextTurn();
    await beside((trx) => noteCovered(trx, portion, request.fallback));
  }
  if (covered.length === late.length) return [];
  return inTurn(async (trx, record) => {
    const events = await writeFallbacks(trx, await findLate(trx, request), request);
    await record(events.map((event) => fallbackEntry(event, request)));
    return events.map(({ id }) => ({ eventId: id }));
  });
}

async function recordOutcomes(
  { inTurn }: Turns,
  {
    outcomes,
    audit,
    owner,
    isAgain,
  }: {
    outcomes: readonly DeliveryOutcome[];
    audit: readonly AuditDraft[];
    owner: string | undefined;
    isAgain: boolean;
  },
): Promise<void> {
  if (outcomes.length + audit.length === 0) return;
  await inTurn(async (trx, record) => {
    if (isAgain && (await areWritten(trx, outcomes))) return;
    const written = await writeOutcomes(trx, outcomes, owner);
    await writeConsequences(trx, written);
    await record(audit);
  });
}
