import type { AuditDraft } from '../../domain/audit.ts';
import { type EventName, eventId, severityOf, type WatcherEvent } from '../../domain/event/event.ts';
import {
  type AuditSubject,
  type DrillFacts,
  drillOf,
  type EventSubject,
  isAboutLimit,
  placeOf,
} from '../../domain/event/subject.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { placeKey, type WatchPlace } from '../../domain/job/place.ts';
import { isWildcard, type Watch } from '../../domain/job/watch.ts';
import type { DrillChange } from '../../store/ports/drills.ts';

/** A part of what a `*` watch follows, with the labels that it has. */
export interface WatchedPart {
  place: WatchPlace;
  labels: Readonly<Record<string, string>>;
}

/** An alert that begins or ends: something that lasts about a watch, a channel or the audit log, and is told when it is found. */
export interface AlertRecord {
  name: EventName;
  about:
    | {
        watch: Watch;
        part?: (WatchedPart & { hasLeft?: boolean }) | null;
        reason?: string | null;
        drill?: DrillFacts;
      }
    | { channel: string }
    | { audit: Omit<AuditSubject, 'kind'> }
    | { leaving: EventSubject };
  summary: string;
  note: string | null;
  /**
   * Since when lasts what it tells of; of the end of an alert: since when that was raised. As the store has it, so that whoever finds the
   * alert again gives the event the same id. Left out: nothing says so.
   */
  begin?: Timestamp;
}

/** What is raised and cleared together, with the event that tells of it and what else is written along with it. */
export interface AlertChanges {
  /** `null`: nobody is told. */
  alert: AlertRecord | null;
  /** Keys of alerts; see `alertKey`. */
  raise: readonly string[];
  clear: readonly string[];
  audit: ReadonlyArray<Omit<AuditDraft, 'at'>>;
  drills?: DrillChange;
}

/** The page of a project in Atlas, for people. */
type ProjectUrl = (watch: Watch, groupId: string) => string | null;

/** What making the event of an alert takes. */
export interface AlertEventContext {
  /** The key that it raises or clears. */
  key: string | null;
  /** When it was found. */
  at: Timestamp;
  projectUrl: ProjectUrl;
  /** Something is on record under this id. */
  isTold: (id: string) => Promise<boolean>;
}

/**
 * Makes the event of an alert. One whose `begin` is known has an id that follows from it, unless that is taken: then this is told another
 * time, and has an id that goes by when it was found.
 */
export async function alertEvent(
  { name, about, summary, note, begin }: AlertRecord,
  { key, at, projectUrl, isTold }: AlertEventContext,
): Promise<WatcherEvent> {
  const subject = subjectOf(about, projectUrl);
  const byBegin = begin === undefined || key === null ? null : eventId(Math.floor(begin), [key, name]);
  return {
    id: byBegin === null || (await isTold(byBegin)) ? eventId(at, [...namesOf(subject), name]) : byBegin,
    name,
    severity: severityOf(name),
    subject,
    summary,
    note,
    detectedAt: at,
    occurredAt: at,
    reminder: null,
    test: false,
  };
}

/** Names the channel that an alert is about; `null`: it is about none. */
export function channelOf(about: AlertRecord['about']): string | null {
  if ('channel' in about) return about.channel;
  return 'leaving' in about && about.leaving.kind === 'channel' ? about.leaving.channel : null;
}

/** What tells the event from others of its name in the same instant. */
function namesOf(subject: EventSubject): string[] {
  if (subject.kind === 'channel') return [subject.channel];
  if (subject.kind === 'audit') return [subject.origin, subject.witness ?? String(subject.checkpoint?.size)];
  const place = placeOf({ subject });
  const limit = isAboutLimit({ subject }) ? ['limit'] : [];
  const drill = drillOf({ subject });
  const run = drill === null ? [] : [drill.name ?? '', drill.jobId ?? ''];
  return [subject.watch, ...limit, ...(place ? [placeKey(place)] : []), ...run];
}

function subjectOf(about: AlertRecord['about'], projectUrl: ProjectUrl): EventSubject {
  if ('channel' in about) return { kind: 'channel', channel: about.channel };
  if ('audit' in about) return { kind: 'audit', ...about.audit };
  if ('leaving' in about)
    return about.leaving.kind === 'watch' || about.leaving.kind === 'channel'
      ? { ...about.leaving, left: true }
      : about.leaving;
  const { watch, part, reason, drill } = about;
  const more = { ...(reason ? { reason } : {}), ...(drill ? { drill } : {}) };
  const { name, labels, groupId, kind, instanceName } = watch;
  if (part) {
    const { place } = part;
    return {
      kind: 'watch',
      watch: name,
      place,
      ...more,
      ...(part.hasLeft ? { left: true } : {}),
      labels: part.labels,
      instance: { groupId: place.groupId, kind, instanceName: place.instanceName ?? '*' },
      projectUrl: projectUrl(watch, place.groupId),
    };
  }
  return {
    kind: 'watch',
    watch: name,
    ...more,
    labels,
    instance: { groupId, kind, instanceName },
    projectUrl: isWildcard(watch) ? null : projectUrl(watch, groupId),
  };
}
