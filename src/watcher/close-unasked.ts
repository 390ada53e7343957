import type { ChannelSubject, EventSubject, WatchSubject } from '../domain/event/subject.ts';
import { formatSpan, type Timestamp } from '../domain/instant.ts';
import type { AlertStore } from '../store/ports/alerts.ts';
import type { AlertRecord } from './record/alert-event.ts';
import type { Recorder } from './record/recorder.ts';

/** What closing alerts works with. */
export interface ClosingDeps {
  store: Pick<AlertStore, 'alertEvent'>;
  recorder: Pick<Recorder, 'recordAlert' | 'recordAlertState'>;
}

/** An alert that is raised, and what to say of its end. */
export interface UnaskedAlert {
  key: string;
  /** Since when it is raised. */
  since: Timestamp;
  now: Timestamp;
  /** The event that ends it. */
  name: AlertRecord['name'];
  summaryOf: (subject: WatchSubject | ChannelSubject) => string;
}

/**
 * Closes what was told of something that nobody asks for any more, with an event that says so. An alert of which no event is on record was
 * told to nobody: it is cleared, and nobody hears of that either.
 * @throws {StoreError}
 */
export async function closeUnasked(
  { store, recorder }: ClosingDeps,
  { key, since, now, name, summaryOf }: UnaskedAlert,
): Promise<void> {
  const leaving = (await store.alertEvent(key, since))?.subject;
  if (leaving === undefined || !lasts(leaving)) {
    await recorder.recordAlertState({ clear: key }, now);
    return;
  }
  const note = `It was told ${formatSpan(now - since)} ago.`;
  const alert = { name, about: { leaving }, summary: summaryOf(leaving), note, begin: since };
  await recorder.recordAlert(alert, { clear: key });
}

function lasts(subject: EventSubject): subject is WatchSubject | ChannelSubject {
  return subject.kind === 'watch' || subject.kind === 'channel';
}
