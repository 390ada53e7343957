import { isRateLimit } from '../../domain/polling/mender.ts';
import type { ShareFacts, ShareFault } from '../../store/ports/replicas/estates.ts';
import type { WatchedPart } from '../record/alert-event.ts';
import type { Failing } from '../watch/account.ts';

/** How a watch stands here, and at the other replicas that have a share of it. */
export interface ShareScene {
  /** What is in the way here: of all of the share (`part: null`), and of parts of it. */
  troubles: readonly Failing[];
  /** Nothing of the share can be read. */
  isBlind: boolean;
  /** The list of all projects is this replica's, and so is telling of the whole watch. */
  isDiscovery: boolean;
  /** There are projects in the share. */
  hasProjects: boolean;
  /** Gives them. */
  projects: () => readonly WatchedPart[];
  others: readonly ShareFacts[];
  /** By the wall clock. */
  now: number;
}

/**
 * Decides what this replica tells of a watch that several read. What concerns all of the watch, or keeps everybody from reading anything,
 * is told once, by who has the discovery, also where just another replica has met it. A replica that can read nothing while others can
 * tells of each of its projects.
 */
export function toldHere(scene: ShareScene): Failing[] {
  const { troubles, isBlind, isDiscovery, projects, others } = scene;
  const own = troubles.filter(({ part }) => part === null);
  const parts = troubles.filter(({ part }) => part !== null);
  if (isBlind && othersRead(others)) {
    const blind = own.filter(({ isPolled = false }) => !isPolled);
    return [...blind.flatMap((one) => projects().map((part) => ({ ...one, part }))), ...parts];
  }
  if (!isDiscovery) return parts;
  return [...(own.length > 0 ? own : metByOthers(scene)), ...parts];
}

/**
 * True when nothing concerns the whole watch: somebody can read it, and nobody has met anything that is told of all of it.
 * @param isOwnWell nothing is in the way of the whole share here.
 */
export function isWholeWell(scene: Omit<ShareScene, 'troubles' | 'now'>, isOwnWell: boolean): boolean {
  const { isBlind, isDiscovery, hasProjects, others } = scene;
  if (!isDiscovery || others.some(({ fault }) => fault !== null && !fault.isBlind)) return false;
  if (othersRead(others)) return isOwnWell || isBlind;
  return isOwnWell && (others.length === 0 || hasProjects);
}

/** A rate limit is in the way of another replica's share. */
export function isLimitedElsewhere(others: readonly ShareFacts[]): boolean {
  return others.some(({ fault }) => fault !== null && !fault.isBlind && isRateLimit(fault.reason));
}

function othersRead(others: readonly ShareFacts[]): boolean {
  return others.some(({ fault }) => fault === null || !fault.isBlind);
}

/** What others have met that concerns all of the watch. That they can read nothing does so where nobody else can. */
function metByOthers({ others, hasProjects, isBlind, now }: ShareScene): Failing[] {
  const faults = others.flatMap(({ fault }) => fault ?? []);
  const isAnyRead = othersRead(others) || (hasProjects && !isBlind);
  const met = faults.find((fault) => !fault.isBlind) ?? (isAnyRead ? undefined : faults[0]);
  return met === undefined ? [] : [failingOf(met, now)];
}

function failingOf({ isBlind, ...fault }: ShareFault, now: number): Failing {
  const isPolled = !isBlind && isRateLimit(fault.reason);
  return { fault, forMs: Math.max(0, now - fault.since), part: null, isPolled };
}
