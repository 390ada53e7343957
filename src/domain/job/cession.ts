import { matchesGlob } from '../telling/glob.ts';

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

/** True when a `*` watch leaves the instance out, by `exclude` or because another watch has all of it. */
export function isLeftOut(watch: Follower, place: ListedPlace): boolean {
  return (
    isExcluded(watch.exclude, place) ||
    watch.cedes.some((cession) => cession.jobIds.length === 0 && takesIn(cession, place))
  );
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
  return globs.some((glob) => namesOf(place).some((name) => matchesGlob(glob, name)));
}

function namesOf({ instanceName, name = instanceName }: ListedPlace): string[] {
  return [instanceName, name];
}
