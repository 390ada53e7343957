import type { AuditDraft } from '../audit.ts';
import type { EventName, WatcherEvent } from '../event/event.ts';
import { type PlannedEvent, planEvent } from '../event/plan.ts';
import { sampleEvent } from '../event/sample.ts';
import type { Timestamp } from '../instant.ts';
import { labelsFor, type Watch } from '../job/watch.ts';
import { commonName } from './common-name.ts';
import { fits } from './glob.ts';
import { explainRoutes, type Route } from './routing.ts';

/** When to send a sample the whole way that a real event goes, to see whether it arrives. */
export interface TestAlert {
  /** A node-cron expression, read in UTC. */
  schedule: string;
  event: EventName;
  /** Name of the watch that the sample speaks of. */
  watch: string;
  /** The cluster that it is said to restore to; `null`: a name that the routes take, see `targetFor`. */
  target: string | null;
}

/** What a test alert needs to know besides its own settings. */
export interface TestAlertContext {
  watch: Pick<Watch, 'name' | 'kind' | 'groupId' | 'instanceName' | 'labels'>;
  routes: readonly Route[];
  projectUrl: string | null;
  now: Timestamp;
}

/** As the usual sample has it. */
const SAMPLE_TARGET = 'sample-target';

/** The sample, told to whom the routes would tell the real event. No mute keeps it back: what is tried is whether people can be told. */
export function planTestAlert(
  { event: name, target }: Pick<TestAlert, 'event' | 'target'>,
  { watch, routes, projectUrl, now }: TestAlertContext,
): { plannedEvent: PlannedEvent; audit: AuditDraft[] } {
  const labels = labelsFor(watch.labels, { project: null, instance: null });
  const sample = { watch: { ...watch, labels }, channel: 'testAlert', projectUrl, now };
  const chosen = target ?? targetFor(sampleEvent(name, sample), routes);
  const event = sampleEvent(name, { ...sample, target: chosen });
  return planEvent(event, { routes, mutes: [], nextDigest: () => null });
}

/**
 * A target that every route takes which would take the sample but for its target. Where no one name fits them all, as many as do, in
 * the order of the routes.
 */
function targetFor(sample: WatcherEvent, routes: readonly Route[]): string {
  const asked = routes.flatMap(({ targetClusterNames }, index) => {
    const [unmet = []] = explainRoutes(sample, routes.slice(index, index + 1));
    const hangsOnTarget = unmet.every((condition) => condition === 'targetClusterNames');
    return targetClusterNames !== null && hangsOnTarget ? [targetClusterNames] : [];
  });
  const isUsualTaken = asked.every((globs) => fits(globs, SAMPLE_TARGET));
  if (isUsualTaken) return SAMPLE_TARGET;
  let best = { name: SAMPLE_TARGET, lists: [] as Array<readonly string[]> };
  for (const globs of asked) {
    const lists = [...best.lists, globs];
    const name = commonName(lists);
    if (name !== null) best = { name, lists };
  }
  return best.name;
}
