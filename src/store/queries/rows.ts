import type { Selectable } from 'kysely';
import { type AuditEntry, parseAuditEntry } from '../../domain/audit.ts';
import type { EventName } from '../../domain/event/event.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { Observation } from '../../domain/job/observation.ts';
import type { Mute } from '../../domain/telling/mute.ts';
import { deliveryId } from '../../domain/telling/owed.ts';
import { parseWellFormed } from '../../domain/well-formed.ts';
import { StoreError } from '../../errors.ts';
import type { Delivery } from '../ports/outbox.ts';
import type { Database } from './schema.ts';

/**
 * Reads an observation as it was stored.
 * @throws {StoreError} reason `damaged` when the body is not what this program writes there.
 */
export function toObservation(body: string): Observation {
  return parseBody<Observation>(body, 'an observation', ['jobId', 'watch', 'milestones']);
}

/**
 * Reads an entry of the audit log as it was stored.
 * @throws {StoreError} reason `damaged`, also when the entry stands under another number than its own.
 */
export function toAuditEntry({ seq, body }: Selectable<Database['audit_entry']>): AuditEntry {
  const entry = parseAuditEntry(body);
  if (entry?.seq !== seq) throw unreadable(`audit entry ${seq}`);
  return entry;
}

/** Reads a row of the outbox. An attempt in hand counts as the last one. */
export function toDelivery(row: Selectable<Database['delivery']>): Delivery {
  return {
    id: row.id,
    eventId: row.event_id,
    channel: row.channel,
    orderKey: row.order_key,
    status: row.status,
    createdAt: row.created_at,
    nextAttemptAt: row.next_attempt_at,
    attemptsStarted: row.attempts_started,
    attemptsFinished: row.attempts_finished,
    firstAttemptAt: row.first_attempt_at ?? row.claimed_at,
    lastAttemptAt: row.claimed_at ?? row.last_attempt_at,
    endedAt: row.ended_at,
    lastDetail: row.last_detail,
    insteadOf: row.instead_of,
    heldUntil: row.held_until,
    recipient: row.recipient,
  };
}

/** The row of a delivery that nobody has tried yet. */
export type NewDelivery = ReturnType<typeof newDelivery>;

/** Makes the row of a delivery that nobody has tried yet. `heldUntil`: the slot of the digest it waits for; `null`: it is due at once. */
export function newDelivery(owed: {
  eventId: string;
  channel: string;
  orderKey: string;
  at: Timestamp;
  heldUntil: Timestamp | null;
  insteadOf: string | null;
  /** Who alone is owed it; all of the channel unless given. */
  recipient?: string;
}) {
  const { recipient = null } = owed;
  return {
    id: deliveryId(owed.eventId, owed.channel, recipient),
    event_id: owed.eventId,
    channel: owed.channel,
    order_key: owed.orderKey,
    status: 'pending' as const,
    created_at: owed.at,
    next_attempt_at: owed.heldUntil ?? owed.at,
    attempts_started: 0,
    attempts_finished: 0,
    lease_until: 0,
    held_until: owed.heldUntil,
    instead_of: owed.insteadOf,
    recipient,
  };
}

/**
 * Reads a mute as it was stored.
 * @throws {StoreError} reason `damaged`.
 */
export function toMute(row: Selectable<Database['mute']>): Mute {
  return {
    id: row.id,
    watch: row.watch,
    project: row.project,
    instance: row.instance,
    target: row.target,
    job: row.job,
    labels: row.labels === null ? null : parseBody<Record<string, string>>(row.labels, 'a mute', []),
    events: row.events === null ? null : toEventNames(row.events),
    createdAt: row.created_at,
    until: row.until === ENDLESS ? null : row.until,
    recurs: toRecurrence(row),
    author: row.author,
    reason: row.reason,
    removed: row.removed_at === null ? null : { at: row.removed_at, by: row.removed_by ?? '' },
  };
}

/** Stands in the column `until` for a mute that has no end: behind every instant, so that it needs no condition of its own. */
export const ENDLESS = Date.UTC(9999, 0, 1);

function toRecurrence({ schedule, time_zone, for_ms }: Selectable<Database['mute']>): Mute['recurs'] {
  if (schedule === null) return null;
  if (time_zone === null || for_ms === null) throw unreadable('a mute');
  return { schedule, timeZone: time_zone, forMs: for_ms };
}

function toEventNames(json: string): EventName[] {
  const value = parseJson(json);
  if (!Array.isArray(value)) throw unreadable('a mute');
  return value;
}

/**
 * Reads JSON that this program has written itself, under the layout that was checked when the file was opened. So a few fields tell
 * whether it is that; looking at all of them would cost more than reading the row.
 */
export function parseBody<T>(body: string, what: string, fields: ReadonlyArray<keyof T & string>): T {
  const value = parseJson(body);
  if (typeof value !== 'object' || value === null || fields.some((field) => !(field in value)))
    throw unreadable(what);
  return value as T;
}

export function unreadable(what: string): StoreError {
  return new StoreError('damaged', `The store cannot read back what it wrote: ${what}`, {
    hint: 'Restore the database from a backup.',
  });
}

function parseJson(text: string): unknown {
  try {
    return parseWellFormed(text);
  } catch {
    return undefined;
  }
}
