import type { WatcherEvent } from '../event/event.ts';
import { isOfWatch, jobOf, watchOf } from '../event/subject.ts';
import { isCrossProject } from '../job/restore-job.ts';
import { explainRoutes, placeOfEvent, type Route, type RouteCondition } from '../telling/routing.ts';

/** A condition of a route that an event does not meet, in words. */
export interface UnmetCondition {
  /** The key of the route. */
  condition: RouteCondition;
  /** What the route takes: one of these, or all of these labels. */
  wants: string[];
  /** What the event has in its place; `null`: nothing of the kind. */
  has: string | null;
}

/** What a route demands and the event does not have; none: the route takes it. */
export function unmetConditions(route: Route, event: WatcherEvent): UnmetCondition[] {
  const [conditions = []] = explainRoutes(event, [route]);
  return conditions.map((condition) => ({
    condition,
    wants: wantsOf(route[condition]),
    has: heldBy(condition, event),
  }));
}

function wantsOf(wanted: Route[RouteCondition]): string[] {
  if (wanted === null) return [];
  if (typeof wanted === 'boolean') return [String(wanted)];
  return Array.isArray(wanted)
    ? [...wanted]
    : Object.entries(wanted).map(([name, value]) => `${name}=${value}`);
}

function heldBy(condition: RouteCondition, event: WatcherEvent): string | null {
  const job = jobOf(event);
  const place = placeOfEvent(event);
  switch (condition) {
    case 'events':
      return event.name;
    case 'watches':
      return watchOf(event);
    case 'labels':
      return labelsOf(event);
    case 'severities':
      return event.severity;
    case 'targetClusterNames':
      return job?.targetClusterName ?? null;
    case 'kinds':
      return place?.kind ?? null;
    case 'deliveryTypes':
      return job?.deliveryType ?? null;
    case 'instanceNames':
      return place?.instanceName ?? null;
    case 'crossProject':
      return job === null ? null : String(isCrossProject(job));
  }
}

function labelsOf({ subject }: WatcherEvent): string | null {
  if (!isOfWatch(subject)) return null;
  const labels = Object.entries(subject.labels).map(([name, value]) => `${name}=${value}`);
  return labels.length === 0 ? null : labels.join(', ');
}
