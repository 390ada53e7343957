import { muteScheduleFault } from '../../config/mute-schedule.ts';
import { EVENT_NAMES, type EventName } from '../../domain/event/event.ts';
import type { Timestamp } from '../../domain/instant.ts';
import {
  type AskedMute,
  isMutable,
  LONGEST_MUTE_MS,
  type MuteScope,
  OPEN_SCOPE,
} from '../../domain/telling/mute.ts';
import { QueryFault } from '../query.ts';

type Body = Readonly<Record<string, unknown>>;

/** What a mute can ask for, besides events; it must name one of them. */
const SCOPE_KEYS = ['watch', 'project', 'instance', 'target', 'job', 'labels'] as const;
const KEYS = [...SCOPE_KEYS, 'events', 'forMs', 'every', 'timeZone', 'author', 'reason'];

/** Reads the mute that somebody asks for. @throws {QueryFault} */
export function muteIn(body: Body, now: Timestamp): AskedMute {
  const unknown = Object.keys(body).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    throw new QueryFault(`unknown key ${JSON.stringify(unknown)}`, `known: ${KEYS.join(', ')}`);
  }
  const forMs = spanIn(body);
  return {
    ...scopeIn(body),
    events: eventsIn(body),
    forMs,
    every: everyIn(body, forMs, now),
    author: authorIn(body.author),
    reason: textIn(body, 'reason'),
  };
}

function scopeIn(body: Body): MuteScope {
  if (SCOPE_KEYS.every((key) => isAbsent(body[key]))) {
    throw new QueryFault(
      'nothing says what is muted',
      `name one of ${SCOPE_KEYS.join(', ')}; "watch": "*" mutes every watch`,
    );
  }
  const glob = (key: string): string | null => (isAbsent(body[key]) ? null : textIn(body, key));
  return {
    watch: glob('watch') ?? OPEN_SCOPE.watch,
    project: glob('project'),
    instance: glob('instance'),
    target: glob('target'),
    job: glob('job'),
    labels: labelsIn(body),
    events: null,
  };
}

function labelsIn({ labels }: Body): Record<string, string> | null {
  if (isAbsent(labels)) return null;
  const entries = typeof labels === 'object' && !Array.isArray(labels) ? Object.entries(labels ?? {}) : [];
  const texts = entries.filter((entry): entry is [string, string] => isText(entry[1]));
  if (entries.length > 0 && texts.length === entries.length) return Object.fromEntries(texts);
  throw new QueryFault('labels cannot be that', 'an object of texts, such as { "team": "payments" }');
}

function everyIn({ every, timeZone }: Body, forMs: number, now: Timestamp): AskedMute['every'] {
  if (isAbsent(every)) {
    if (isAbsent(timeZone)) return null;
    throw new QueryFault('timeZone goes with every', 'say when it comes round, or leave timeZone out');
  }
  if (!isText(every) || !(isAbsent(timeZone) || isText(timeZone))) {
    throw new QueryFault('every cannot be that', 'a cron expression such as "0 0 2 * * 6"');
  }
  const schedule = { schedule: every.trim(), timeZone: isText(timeZone) ? timeZone : 'UTC' };
  const fault = muteScheduleFault(schedule, forMs, now);
  if (fault !== null) throw new QueryFault('every cannot be that', fault);
  return schedule;
}

/** Who sets or ends a mute: it is kept, and shown to whoever asks. @throws {QueryFault} */
export function authorIn(author: unknown): string {
  return textIn({ author }, 'author');
}

function textIn(body: Body, key: string): string {
  const value = body[key];
  if (isText(value)) return value.trim();
  throw new QueryFault(`${key} is missing`, `a text of 1,000 characters at most`);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= 1_000;
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function eventsIn({ events = null }: Body): EventName[] | null {
  if (events === null) return null;
  const mutable = EVENT_NAMES.filter(isMutable);
  const named = Array.isArray(events) ? mutable.filter((name) => events.includes(name)) : [];
  if (Array.isArray(events) && named.length > 0 && named.length === new Set(events).size) return named;
  throw new QueryFault('events cannot be that', `null for all, or a list of: ${mutable.join(', ')}`);
}

function spanIn({ forMs }: Body): number {
  if (typeof forMs === 'number' && Number.isInteger(forMs) && forMs > 0 && forMs <= LONGEST_MUTE_MS) {
    return forMs;
  }
  throw new QueryFault('forMs cannot be that', `milliseconds, ${LONGEST_MUTE_MS} at most`);
}
