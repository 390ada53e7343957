import type { AuditDraft } from '../audit.ts';
import type { EventName } from '../event/event.ts';
import { type PlannedEvent, planEvent } from '../event/plan.ts';
import { sampleEvent } from '../event/sample.ts';
import type { Timestamp } from '../instant.ts';
import { labelsFor, type Watch } from '../job/watch.ts';
import type { Route } from './routing.ts';

/** When to send a sample the whole way that a real event goes, to see whether it arrives. */
export interface TestAlert {
  /** A node-cron expression, read in UTC. */
  schedule: string;
  event: EventName;
  /** Name of the watch that the sample speaks of. */
  watch: string;
}

/** What a test alert needs to know besides its own settings. */
export interface TestAlertContext {
  watch: Pick<Watch, 'name' | 'kind' | 'groupId' | 'instanceName' | 'labels'>;
  routes: readonly Route[];
  projectUrl: string | null;
  now: Timestamp;
}

/** The sample, told to whom the routes would tell the real event. No mute keeps it back: what is tried is whether people can be told. */
export function planTestAlert(
  { event: name }: Pick<TestAlert, 'event'>,
  { watch, routes, projectUrl, now }: TestAlertContext,
): { plannedEvent: PlannedEvent; audit: AuditDraft[] } {
  const labels = labelsFor(watch.labels, { project: null, instance: null });
  const event = sampleEvent(name, { watch: { ...watch, labels }, channel: 'testAlert', projectUrl, now });
  return planEvent(event, { routes, mutes: [], nextDigest: () => null });
}
