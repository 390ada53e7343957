import type { AuditDraft } from '../audit.ts';
import { kindOf, severityOf, type WatcherEvent } from '../event/event.ts';
import type { JobLasting } from '../event/lasting.ts';
import { type PlannedEvent, planReminder } from '../event/plan.ts';
import type { Timestamp } from '../instant.ts';
import type { DueReminder, Visibility } from './due-reminder.ts';
import { mutedBy } from './mute.ts';
import { reminderEvent, sharedBy } from './reminder-event.ts';
import { remindersOf } from './reminder-requests.ts';
import type { RoutingRules } from './routing.ts';

/** What deciding about reminders needs to know besides them. */
export interface ReminderContext extends RoutingRules {
  now: Timestamp;
  visibilityOf: (first: WatcherEvent) => Visibility;
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
  const visibility = context.visibilityOf(due.first);
  if (visibility.kind === 'unwatched') return { kind: 'end', reason: 'unwatched' };
  const isSeen = visibility.kind === 'seen';
  const at = now + (isSeen ? visibility.aheadMs : 0);
  if (hasEnded(due) || (isSeen && hasRunOut(due, at))) return { kind: 'end', reason: 'ended' };

  const event = reminderEvent(due, visibility, at);
  const everyMs = intervalOf(event, due.channel, context);
  if (everyMs === null) return { kind: 'end', reason: 'route_gone' };
  if (isSuperseded(event, due, context)) return { kind: 'end', reason: 'superseded' };

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
  const told = new Map<string, { event: WatcherEvent; first: WatcherEvent; channels: string[] }>();
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
      else told.set(decision.event.id, { event: decision.event, first, channels: [channel] });
    }
  }
  for (const { event, first, channels } of told.values()) {
    const { plannedEvent, audit } = planReminder(sharedBy(event, first, channels), context, channels);
    plan.events.push(plannedEvent);
    plan.audit.push(...audit);
  }
  return plan;
}

function intervalOf(event: WatcherEvent, channel: string, { routes }: ReminderContext): number | null {
  return remindersOf(event, routes).find((request) => request.channel === channel)?.everyMs ?? null;
}

/** By what is on record now. What was raised anew since is told by an event of its own. */
function hasEnded({ first, observation, raisedAt }: DueReminder): boolean {
  const kind = kindOf(first.name);
  if (kind.lasts === undefined) return true;
  if (kind.about === 'job') return kind.lasts.hasEnded(observation, first.detectedAt);
  return raisedAt === null || raisedAt > first.detectedAt;
}

/** A link that is dead by the clock, though Atlas may not say so yet. */
function hasRunOut({ first, observation }: DueReminder, at: Timestamp): boolean {
  return observation !== null && jobLastingOf(first)?.hasRunOut?.(observation, at) === true;
}

function isSuperseded(
  event: WatcherEvent,
  { channel, observation }: DueReminder,
  context: ReminderContext,
): boolean {
  const name = jobLastingOf(event)?.supersededBy;
  if (name === undefined || observation?.raised[name] === undefined) return false;
  return intervalOf({ ...event, name, severity: severityOf(name) }, channel, context) !== null;
}

/** The watch can be polled, and yet this job could not be read at the last look. */
function isOutOfSight({ first, observation }: DueReminder): boolean {
  if (observation === null || jobLastingOf(first)?.holdsUnseen) return false;
  return observation.notFoundCount > 0 || observation.missingSince !== null || observation.anomaly !== null;
}

function jobLastingOf({ name }: WatcherEvent): JobLasting | undefined {
  const kind = kindOf(name);
  return kind.about === 'job' ? kind.lasts : undefined;
}
