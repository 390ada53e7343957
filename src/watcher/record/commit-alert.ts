import type { Clock } from '../../clock.ts';
import { eventId, severityOf, type WatcherEvent } from '../../domain/event/event.ts';
import { planEvent } from '../../domain/event/plan.ts';
import type { ChannelSubject, WatchSubject } from '../../domain/event/subject.ts';
import type { RoutingRules } from '../../domain/telling/routing.ts';
import type { Signals } from '../../signals.ts';
import type { AlertStore } from '../../store/ports/alerts.ts';
import { announce } from './announce.ts';

/** What an alert tells; it is about no job, and happens when it is told. */
export interface AlertFacts extends Pick<WatcherEvent, 'name' | 'summary' | 'note'> {
  subject: WatchSubject | ChannelSubject;
}

/**
 * Records an alert that begins (`raise`) or ends (`clear`), with its event and what is owed for it, and says so to those who listen.
 * @throws {StoreError} and then nothing was recorded.
 */
export async function commitAlert(
  { store, clock, signals }: { store: AlertStore; clock: Clock; signals: Signals },
  facts: AlertFacts,
  rules: RoutingRules,
  { raise, clear }: { raise?: string; clear?: string },
): Promise<WatcherEvent> {
  const at = clock.now();
  const { subject } = facts;
  const about = subject.kind === 'channel' ? subject.channel : subject.watch;
  const event: WatcherEvent = {
    ...facts,
    id: eventId(at, [about, facts.name]),
    severity: severityOf(facts.name),
    detectedAt: at,
    occurredAt: at,
    reminder: null,
    test: false,
  };
  const { plannedEvent, audit } = planEvent(event, rules);
  await store.commitAlerts({
    at,
    raise: raise === undefined ? [] : [raise],
    clear: clear === undefined ? [] : [clear],
    events: [plannedEvent],
    audit,
  });
  signals.emit('audit:written', {});
  announce(signals, [plannedEvent]);
  return event;
}
