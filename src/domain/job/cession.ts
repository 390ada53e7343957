import { fits } from '../telling/glob.ts';

/** What a watch leaves to another one, which names it more closely: so each job is told once. */
export interface Cession {
  /** The watch that has it. */
  to: string;
  groupId: string;
  instanceName: string;
  exclude: readonly string[];
  /** Just these jobs; empty: all. */
  jobIds: readonly string[];
}

/** An instance that Atlas lists. `name`: as people call it, where it is asked for by another. */
export interface ListedPlace {
  groupId: string;
  instanceName: string;
  name?: string;
}

/** What of a watch says what it does not follow. */
interface Follower {
  exclude: readonly string[];
  cedes: readonly Cession[];
}

/** Why a `*` watch does not follow an instance that is there: another watch has all of it, or nobody wants it. */
export type LeftOut = 'ceded' | 'excluded';

/**
 * Why a `*` watch follows an instance no more. `gone`: Atlas no longer has it; the jobs that were open there are followed to their end.
 * `ceded`: another watch has it now, and goes on from what this one has recorded. `excluded`: nobody wants to hear of it.
 */
export type Fate = 'gone' | LeftOut;

/** Why a `*` watch leaves the instance out; `null`: it does not. */
export function leftOutBy(watch: Follower, place: ListedPlace): LeftOut | null {
  if (watch.cedes.some((cession) => cession.jobIds.length === 0 && takesIn(cession, place))) return 'ceded';
  return isExcluded(watch.exclude, place) ? 'excluded' : null;
}

/** True when a `*` watch leaves the instance out, by `exclude` or because another watch has all of it. */
export function isLeftOut(watch: Follower, place: ListedPlace): boolean {
  return leftOutBy(watch, place) !== null;
}

/** The jobs of an instance that other watches have. */
export function cededJobs({ cedes }: Pick<Follower, 'cedes'>, place: ListedPlace): ReadonlySet<string> {
  return new Set(cedes.flatMap((cession) => (takesIn(cession, place) ? cession.jobIds : [])));
}

function takesIn(cession: Cession, place: ListedPlace): boolean {
  const { groupId, instanceName, exclude } = cession;
  return (
    (groupId === '*' || groupId === place.groupId) &&
    (instanceName === '*' || namesOf(place).includes(instanceName)) &&
    !isExcluded(exclude, place)
  );
}

/** True when one of the globs takes the instance. */
export function isExcluded(globs: readonly string[], place: ListedPlace): boolean {
  return fits(globs, ...namesOf(place));
}

function namesOf({ instanceName, name = instanceName }: ListedPlace): string[] {
  return [instanceName, name];
}
