import type { EventName } from '../../domain/event/event.ts';
import type { Severity } from '../../domain/event/event-kind.ts';
import { titleOf } from '../../domain/event/message.ts';
import { jobOf, watchOf } from '../../domain/event/subject.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { endOf } from '../../domain/telling/mute.ts';
import type { Delivery } from '../../store/ports/outbox.ts';
import type { RecordedEvent } from '../../store/ports/records.ts';

/** What became of an event on one channel. */
export interface Told {
  channel: string;
  /** `waits`: not tried yet, or held for a digest; `retrying`: refused, and tried again. */
  status: 'told' | 'waits' | 'retrying' | 'given_up';
  /** When it was told or given up; of what waits, when it is tried next. */
  at: Timestamp | null;
  detail: string | null;
}

/** An event in the feed. */
export interface FeedRow {
  id: string;
  at: Timestamp;
  name: EventName;
  severity: Severity;
  summary: string;
  watch: string | null;
  jobId: string | null;
  told: readonly Told[];
  /** Why nobody was told; `null`: somebody was, or is to be. */
  untold: { words: string; until: Timestamp | null } | null;
}

/** Puts a recorded event into a row. */
export function feedRow({ event, suppressed, mute, deliveries }: RecordedEvent): FeedRow {
  const { id, name, severity, detectedAt } = event;
  return {
    ...{ id, at: detectedAt, name, severity, summary: titleOf(event) },
    watch: watchOf(event),
    jobId: jobOf(event)?.id ?? null,
    told: deliveries.map(toldBy),
    untold: suppressed === null ? null : untoldBecause(suppressed, mute, detectedAt),
  };
}

/** Says how one delivery stands. */
export function toldBy({ channel, recipient, status, endedAt, ...delivery }: Delivery): Told {
  const name = recipient === null ? channel : `${channel} (${recipient})`;
  switch (status) {
    case 'delivered':
      return { channel: name, status: 'told', at: endedAt, detail: null };
    case 'given_up':
      return { channel: name, status: 'given_up', at: endedAt, detail: delivery.lastDetail };
    case 'pending':
      return {
        channel: name,
        status: delivery.attemptsFinished > 0 ? 'retrying' : 'waits',
        at: delivery.heldUntil ?? delivery.nextAttemptAt,
        detail: delivery.lastDetail,
      };
  }
}

function untoldBecause(
  suppressed: NonNullable<RecordedEvent['suppressed']>,
  mute: RecordedEvent['mute'],
  at: Timestamp,
): NonNullable<FeedRow['untold']> {
  switch (suppressed) {
    case 'muted':
      return {
        words: mute === null ? 'muted' : `muted by ${mute.author}`,
        until: mute === null ? null : endOf(mute, at),
      };
    case 'baseline':
      return { words: 'nobody was told: it was there at the first look', until: null };
    case 'no_route':
      return { words: 'nobody was told: no route takes it', until: null };
  }
}
