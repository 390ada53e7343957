import type { InsertObject } from 'kysely';
import type { Timestamp } from '../../domain/instant.ts';
import { deliveryId } from '../../domain/telling/owed.ts';
import { type Database, PENDING } from './schema.ts';

/** Makes the row of a delivery that nobody has tried yet. `heldUntil`: the slot of the digest it waits for; `null`: it is due at once. */
export function newDelivery(owed: {
  eventId: string;
  channel: string;
  orderKey: string;
  at: Timestamp;
  heldUntil: Timestamp | null;
  insteadOf: string | null;
}): InsertObject<Database, 'delivery'> {
  return {
    id: deliveryId(owed.eventId, owed.channel),
    event_id: owed.eventId,
    channel: owed.channel,
    order_key: owed.orderKey,
    status: PENDING,
    created_at: owed.at,
    next_attempt_at: owed.heldUntil ?? owed.at,
    attempts_started: 0,
    attempts_finished: 0,
    lease_until: 0,
    held_until: owed.heldUntil,
    instead_of: owed.insteadOf,
  };
}
