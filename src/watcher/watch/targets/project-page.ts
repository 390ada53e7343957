import type { Clock } from '../../../clock.ts';
import type { AuditDraft } from '../../../domain/audit.ts';
import type { Timestamp } from '../../../domain/instant.ts';
import { type Fate, type LeftOut, leftOutBy } from '../../../domain/job/cession.ts';
import type { WatchPlace } from '../../../domain/job/place.ts';
import type { Target, Watch } from '../../../domain/job/watch.ts';
import type { ListedProject } from '../../../source/source.ts';
import { Listing } from './listing.ts';
import { whereIs } from './looks.ts';

/** One project, and the list of its instances. */
export interface ProjectPage {
  groupId: string;
  /** `null` where the watch names it. */
  project: ListedProject | null;
  listing: Listing;
  /** Ends what is in hand of the page. */
  life: AbortController;
  /** Those of the last list that the watch leaves out. */
  leftOut: ReadonlyMap<string, LeftOut>;
  /** By our clock as Atlas's: when its instances were listed last. `undefined`: the store was not asked yet. */
  lookedAt: Timestamp | null | undefined;
}

/** The page of a project whose instances nobody has listed yet. */
export function emptyPage(
  clock: Pick<Clock, 'monotonic'>,
  { discoverEveryMs }: Watch,
  { groupId, project }: Pick<ProjectPage, 'groupId' | 'project'>,
): ProjectPage {
  const listing = new Listing(clock, discoverEveryMs);
  return { groupId, project, listing, life: new AbortController(), leftOut: new Map(), lookedAt: undefined };
}

/** Why a place is not followed that is none of the targets; `null`: nobody has looked yet, or a part of it is. `page`: of its project. */
export function fateBy(
  page: ProjectPage | undefined,
  watch: Watch,
  { groupId, instanceName }: WatchPlace,
): Fate | null {
  if (instanceName === null) return page === undefined ? 'gone' : null;
  if (page !== undefined && !page.listing.hasSucceeded) return null;
  return page?.leftOut.get(instanceName) ?? leftOutBy(watch, { groupId, instanceName }) ?? 'gone';
}

/** A target that is followed no more, as the audit log says it. */
export function departureOf({ target, fate }: { target: Target; fate: Fate }): AuditDraft['data'] {
  return { ...whereIs(target), ...(fate === 'gone' ? {} : { fate }) };
}
