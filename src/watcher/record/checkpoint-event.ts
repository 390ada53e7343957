import { eventId, severityOf, type WatcherEvent } from '../../domain/event/event.ts';
import { EVENT_KINDS } from '../../domain/event/event-kinds.ts';
import { parseCheckpoint } from '../../domain/evidence/checkpoint.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { MadeCheckpoint } from '../../store/ports/audit.ts';

/**
 * Makes the event of a checkpoint. Its id is always the same for the same one: it is told once, whoever finds it.
 * @returns `null` for a note that is no checkpoint.
 */
export function checkpointEvent({ at, note }: MadeCheckpoint, now: Timestamp): WatcherEvent | null {
  const checkpoint = parseCheckpoint(note);
  if (checkpoint === null) return null;
  const { origin, size } = checkpoint;
  const root = checkpoint.root.toString('base64');
  const signedAt = Date.parse(at);
  return {
    id: eventId(signedAt, ['checkpoint', origin, String(size), root]),
    name: 'checkpoint',
    severity: severityOf('checkpoint'),
    subject: { kind: 'audit', origin, checkpoint: { size, root, note } },
    summary: EVENT_KINDS.checkpoint.summary({ size }),
    note: root,
    detectedAt: now,
    occurredAt: signedAt,
    reminder: null,
    test: false,
  };
}
