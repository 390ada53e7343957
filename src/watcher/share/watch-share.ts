import { StoreError } from '../../errors.ts';
import type { ListedProject } from '../../source/source.ts';
import type { FoundProject, ShareFacts, ShareStanding } from '../../store/ports/replicas/estates.ts';
import { type Fenced, type Hold, underHold } from '../leases/leases.ts';

/** What of a watch this process may read, and what was found of all of it. */
export interface WatchShare {
  /** Nobody else can have a part of it: it is all this process's, or none of it. */
  readonly isWhole: boolean;
  /** The right to list the projects, and to tell of the whole watch; `null`: another replica has it, or nobody. */
  discovery(): Hold | null;
  /** The right to read this project; `null`: another replica has it, or nobody. */
  holdOf(groupId: string): Hold | null;
  /** What was found, by id, with what has gone and may be followed still; `null`: nobody has listed the projects yet. */
  projects(): ReadonlyMap<string, FoundProject> | null;
  /** True for a project that is not there any more, where it is for this process to follow what is open in it. */
  hasGone(groupId: string): boolean;
  /**
   * Takes a list of all projects over.
   * @param open projects with open jobs, whether they are listed or not.
   * @throws {StoreError} and nothing is taken over; reason `fenced` once the discovery is not ours any more.
   */
  take(listed: readonly ListedProject[], open: ReadonlySet<string>): Promise<void>;
  /** How the other replicas that have a share get on with it; none where nobody else can have one. */
  others(): readonly ShareFacts[];
  /** Notes how this replica gets on with its share, for the others; `null`: it has none. */
  note(share: ShareStanding | null): void;
}

/** A store and a recorder that write for one part of a watch. */
export interface Writers<Store, Recorder> {
  store: Store;
  recorder: Recorder;
}

/**
 * Gives what writes for a project of a watch (`null`: for all of it), under the lease on that. Of a project that nobody finds any more,
 * that is the lease on all of it. `null`: it is not ours.
 */
export type WritersFor<Store, Recorder> = (groupId: string | null) => Writers<Store, Recorder> | null;

/** Makes the writers of a watch, one pair for each hold. */
export function writersOf<Store extends Fenced<Store>, Recorder extends Fenced<Recorder>>(
  bare: Writers<Store, Recorder>,
  share: Pick<WatchShare, 'discovery' | 'holdOf' | 'projects'>,
): WritersFor<Store, Recorder> {
  const isFound = (groupId: string): boolean => share.projects()?.has(groupId) === true;
  const byHold = new WeakMap<Hold, Writers<Store, Recorder>>();
  return (groupId) => {
    const own = groupId === null ? null : share.holdOf(groupId);
    const hold = own ?? (groupId === null || !isFound(groupId) ? share.discovery() : null);
    if (hold === null) return null;
    const known = byHold.get(hold);
    if (known) return known;
    const { store, recorder } = bare;
    const made =
      hold.lease === null ? bare : { store: underHold(store, hold), recorder: underHold(recorder, hold) };
    byHold.set(hold, made);
    return made;
  };
}

/** The writers of a project that has to be ours. @throws {StoreError} reason `fenced`: it is not. */
export function writersIn<Store, Recorder>(
  writersFor: WritersFor<Store, Recorder>,
  groupId: string,
): Writers<Store, Recorder> {
  const writers = writersFor(groupId);
  if (writers === null) throw new StoreError('fenced', `project ${groupId} is not ours any more`);
  return writers;
}
