import type { WatcherEvent } from '../../domain/event/event.ts';
import type { FlatSubject } from '../../domain/event/flat-subject.ts';
import type { EventSubject, Instance } from '../../domain/event/subject.ts';
import type { JobKind } from '../../domain/job/restore-job.ts';
import { parseBody, unreadable } from './rows.ts';

/** How `event.body` holds an event. Bodies of the first form are never rewritten: they are turned into ours as they are read. */
type StoredEvent = FirstForm | SecondForm;

/** Written until there were subjects: the facts of all of them side by side. Some fields came later than others. */
type FirstForm = Omit<WatcherEvent, 'subject' | 'reminder'> &
  Omit<FlatSubject, 'expectedEnd' | 'place'> &
  Partial<Pick<WatcherEvent, 'reminder'> & Pick<FlatSubject, 'expectedEnd'>> & { v?: never };

type SecondForm = WatcherEvent & { v: 2 };

/** Writes an event as it is kept. */
export function toBody(event: WatcherEvent): string {
  return JSON.stringify({ v: 2, ...event } satisfies SecondForm);
}

/**
 * Reads an event in whichever form it was kept.
 * @throws {StoreError} reason `damaged`.
 */
export function toEvent(body: string): WatcherEvent {
  const stored = parseBody<StoredEvent>(body, 'an event', ['id', 'name']);
  if (stored.v === 2) {
    if (!('subject' in stored)) throw unreadable('an event');
    const { v: _form, ...event } = stored;
    return event;
  }
  return fromFirstForm(stored);
}

function fromFirstForm(stored: FirstForm): WatcherEvent {
  const { id, name, severity, summary, note, detectedAt, occurredAt, reminder = null, test } = stored;
  return {
    ...{ id, name, severity, subject: toSubject(stored) },
    ...{ summary, note, detectedAt, occurredAt, reminder, test },
  };
}

const CHANNELS = '/channels/';

/** The source tells what it is about: only of a channel does it not name an instance. */
function toSubject(stored: FirstForm): EventSubject {
  const { source, watch, labels, projectUrl, job } = stored;
  if (typeof source !== 'string') throw unreadable('an event');
  if (source.startsWith(CHANNELS)) return { kind: 'channel', channel: source.slice(CHANNELS.length) };
  const watched = { watch, labels, instance: toInstance(source), projectUrl };
  if (job === null) return { kind: 'watch', ...watched };
  const { from, to, expectedEnd = null, inferred, late } = stored;
  return { kind: 'job', ...watched, job, from, to, expectedEnd, inferred, late };
}

/** Names of instances may hold anything. */
function toInstance(source: string): Instance {
  const [, groupId, kind, instanceName] = /^\/groups\/([^/]*)\/([^/]*)\/(.*)$/s.exec(source) ?? [];
  if (groupId === undefined || kind === undefined || instanceName === undefined) throw unreadable('an event');
  return { groupId, kind: kind as JobKind, instanceName };
}
