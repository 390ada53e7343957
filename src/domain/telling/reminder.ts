import type { AuditDraft } from '../audit.ts';
import { severityOf, type WatcherEvent } from '../event/event.ts';
import { remindersOf } from '../event/lasting.ts';
import { type PlannedEvent, planReminder } from '../event/plan.ts';
import { reminderEvent } from '../event/reminder-event.ts';
import type { Timestamp } from '../instant.ts';
import type { Observation } from '../job/observation.ts';
import { mutedBy } from './mute.ts';
import type { RoutingRules } from './routing.ts';

/** A reminder whose time has come, with what the store knows at this moment of what it is about. */
export interface DueReminder {
  /** The event as it was recorded first. */
  first: WatcherEvent;
  channel: string;
  /** How often the channel was reminded of it so far. */
  count: number;
  /** Of the job that it is about; `null` for events about no job. */
  observation: Observation | null;
  /** Since when the alert is raised that it tells of; `null`: it is not, or the event is no alert. */
  raisedAt: Timestamp | null;
  /** When a restore of the watch finished last. Looked up for `drill_overdue` alone. */
  lastFinishedAt: Timestamp | null;
  /** Something about the same job or watch is owed to the channel and was not accepted yet. */
  isStillOwed: boolean;
}

/** What can be seen at present of what an event is about. */
export type Sight =
  /** The configuration no longer asks for it. */
  | { kind: 'unwatched' }
  /** Whether it lasts cannot be told. */
  | { kind: 'blind' }
  | {
      kind: 'seen';
      labels: Readonly<Record<string, string>>;
      /** What is wrong now, of a watch or a channel that fails. */
      fault: { message: string; hint: string | null } | null;
      /** By how much the clock that its times come from is ahead of ours, in milliseconds. */
      aheadMs: number;
    };

export interface ReminderContext extends RoutingRules {
  now: Timestamp;
  sightOf: (first: WatcherEvent) => Sight;
}

/**
 * What becomes of a reminder that is due. `wait`: it is looked at again after so long. `end`: it is never looked at again, because what
 * it is about has `ended`, is not watched any more, or because the routes in force no longer remind the channel of it; `superseded`:
 * the channel is reminded that the job has stalled, which says the same and more.
 */
export type ReminderDecision =
  | { kind: 'remind'; event: WatcherEvent; everyMs: number }
  | { kind: 'wait'; reason: 'muted' | 'still_owed' | 'blind'; forMs: number }
  | { kind: 'end'; reason: 'ended' | 'unwatched' | 'route_gone' | 'superseded' };

/** What cannot be seen now is looked at again soon, so that sight coming back is not followed by a long silence. */
const BLIND_FOR_MS = 60_000;

/** Says "still" only of what can be seen to last, and only to whom the routes in force would remind. */
export function decideReminder(due: DueReminder, context: ReminderContext): ReminderDecision {
  const { now, mutes } = context;
  const sight = context.sightOf(due.first);
  if (sight.kind === 'unwatched') return { kind: 'end', reason: 'unwatched' };
  const isSeen = sight.kind === 'seen';
  const at = now + (isSeen ? sight.aheadMs : 0);
  if (hasEnded(due) || (isSeen && hasRunOut(due, at))) return { kind: 'end', reason: 'ended' };

  const event = reminderEvent(due, sight, at);
  const everyMs = intervalOf(event, due.channel, context);
  if (everyMs === null) return { kind: 'end', reason: 'route_gone' };
  if (isToldAsStalled(event, due, context)) return { kind: 'end', reason: 'superseded' };

  if (mutedBy(event, mutes, now)) return { kind: 'wait', reason: 'muted', forMs: everyMs };
  if (due.isStillOwed) return { kind: 'wait', reason: 'still_owed', forMs: everyMs };
  if (!isSeen || isOutOfSight(due)) {
    return { kind: 'wait', reason: 'blind', forMs: Math.min(everyMs, BLIND_FOR_MS) };
  }
  return { kind: 'remind', event, everyMs };
}

/** What is to be written: the reminders with their deliveries, when the others are looked at again, and those that are over. */
export interface ReminderPlan {
  events: PlannedEvent[];
  audit: AuditDraft[];
  next: Array<{ eventId: string; channel: string; count: number; waitMs: number }>;
  ended: Array<{ eventId: string; channel: string }>;
}

/** Decides about each, and makes one event of those that tell several channels the same. */
export function planReminders(due: readonly DueReminder[], context: ReminderContext): ReminderPlan {
  const plan: ReminderPlan = { events: [], audit: [], next: [], ended: [] };
  const told = new Map<string, { event: WatcherEvent; channels: string[] }>();
  for (const reminder of due) {
    const { first, channel, count } = reminder;
    const decision = decideReminder(reminder, context);
    const key = { eventId: first.id, channel };
    if (decision.kind === 'end') plan.ended.push(key);
    else if (decision.kind === 'wait') plan.next.push({ ...key, count, waitMs: decision.forMs });
    else {
      plan.next.push({ ...key, count: count + 1, waitMs: decision.everyMs });
      const same = told.get(decision.event.id);
      if (same) same.channels.push(channel);
      else told.set(decision.event.id, { event: decision.event, channels: [channel] });
    }
  }
  for (const { event, channels } of told.values()) {
    const { plannedEvent, audit } = planReminder(event, context, channels);
    plan.events.push(plannedEvent);
    plan.audit.push(...audit);
  }
  return plan;
}

function intervalOf(event: WatcherEvent, channel: string, { routes }: ReminderContext): number | null {
  return remindersOf(event, routes).find((request) => request.channel === channel)?.everyMs ?? null;
}

/** By what is on record now; see `LASTING_EVENTS`. What was raised anew since is told by an event of its own. */
function hasEnded({ first, observation, raisedAt }: DueReminder): boolean {
  switch (first.name) {
    case 'started':
    case 'stalled':
      return observation?.state !== 'in_progress';
    case 'expiring':
      return observation?.state !== 'ready';
    case 'missing': {
      const since = observation?.missingSince ?? null;
      return since === null || since > first.detectedAt;
    }
    case 'watch_failing':
    case 'channel_failing':
    case 'drill_overdue':
      return raisedAt === null || raisedAt > first.detectedAt;
    default:
      return true;
  }
}

/** A link that is dead by the clock, though Atlas may not say so yet. */
function hasRunOut({ first, observation }: DueReminder, at: Timestamp): boolean {
  const expiresAt = observation?.job?.expiresAt ?? null;
  return first.name === 'expiring' && expiresAt !== null && expiresAt <= at;
}

function isToldAsStalled(
  event: WatcherEvent,
  { channel, observation }: DueReminder,
  context: ReminderContext,
): boolean {
  if (event.name !== 'started' || observation?.raised.stalled === undefined) return false;
  const stalled: WatcherEvent = { ...event, name: 'stalled', severity: severityOf('stalled') };
  return intervalOf(stalled, channel, context) !== null;
}

/** The watch can be polled, and yet this job could not be read at the last look. */
function isOutOfSight({ first, observation }: DueReminder): boolean {
  if (observation === null || first.name === 'missing') return false;
  return observation.notFoundCount > 0 || observation.missingSince !== null || observation.anomaly !== null;
}
