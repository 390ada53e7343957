import type { AuditDraft } from '../../domain/audit.ts';
import { type PlannedEvent, planEvent } from '../../domain/event/plan.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { type RoutingRules, routesPast } from '../../domain/telling/routing.ts';
import type { AlertStore } from '../../store/ports/alerts.ts';
import type { MuteReader } from '../../store/ports/mutes.ts';
import { type AlertRecord, alertEvent, channelOf } from './alert-event.ts';
import type { RecordingRules } from './rules.ts';

/** What planning the event of an alert works with. */
interface PlanAlertDeps {
  store: Pick<AlertStore, 'hasEvent'> & MuteReader;
  rules: RecordingRules;
  at: Timestamp;
}

/**
 * Makes the event of an alert, and decides who is told of it. What is about a channel never goes through that, and no mute keeps it.
 * @param key that it raises or clears; `null`: none.
 */
export async function planAlert(
  alert: AlertRecord,
  key: string | null,
  { store, rules, at }: PlanAlertDeps,
): Promise<{ plannedEvent: PlannedEvent; audit: AuditDraft[] }> {
  const { projectUrl } = rules;
  const event = await alertEvent(alert, { key, at, projectUrl, isTold: (id) => store.hasEvent(id) });
  return planEvent(event, await routingOf(alert, { store, rules, at }));
}

async function routingOf({ about }: AlertRecord, { store, rules, at }: PlanAlertDeps): Promise<RoutingRules> {
  const { routes, nextDigest } = rules;
  const channel = channelOf(about);
  if (channel !== null) return { routes: routesPast(channel, routes), mutes: [], nextDigest };
  return { routes, mutes: await store.listMutes({ inForceAt: at }), nextDigest };
}
