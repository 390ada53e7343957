import { isWildcard, targetOf, type Watch } from '../../../domain/job/watch.ts';
import { SourceError } from '../../../errors.ts';
import { DiscoveringBook } from './discovering-book.ts';
import type { TargetBook, TargetBookDeps } from './target-book.ts';
import { track } from './tracked.ts';
import { Turns } from './turns.ts';

/** Opens the book of a watch. Nothing is listed before the first look. */
export function createTargetBook(deps: TargetBookDeps, watch: Watch): TargetBook {
  if (isWildcard(watch)) return new DiscoveringBook(deps, watch);
  const asks = Math.max(1, watch.restoreJobIds.length);
  const only = track(targetOf(watch), { nowMono: deps.clock.monotonic(), asks });
  const { target } = only;
  const turns = new Turns(deps.clock);
  return {
    turns,
    isComplete: true,
    current: async () => [only],
    known: () => [only],
    forgive: () => {},
    faults: () => [],
    find: ({ groupId, instanceName }) =>
      target.groupId === groupId && target.instanceName === instanceName ? only : null,
    // It is not of a watch that finds its places by itself: what was told of one is of an earlier configuration.
    fateOf: () => 'excluded',
    doubt: () => false,
    isListed: () => true,
    silent: () => [],
    drop: () => {},
    hasWork: () => true,
    hasNewcomers: () => false,
    projects: () => [],
    hasProjects: () => true,
    doubted: () => [],
    follow: () => [],
    ended: async () => {},
    stop: (reason) => turns.stop(reason),
    projectNameOf: () => null,
    labelsOf: () => watch.labels,
  };
}

/**
 * True when what Atlas says may mean that an instance has gone, has moved or has become another kind, or that its project has: what a
 * watch has found by itself may do so, and the lists tell. What the configuration names has to be there.
 */
export function mayHaveChanged(watch: Watch, failure: Error): failure is SourceError {
  if (!isWildcard(watch) || !(failure instanceof SourceError)) return false;
  if (failure.subject === 'project') return watch.groupId === '*' && failure.reason !== 'rate_limited';
  return failure.subject === 'instance' || failure.subject === 'kind';
}

/** True when backups are switched off for an instance that a watch has found by itself: there is nothing to follow, and nothing wrong. */
export function hasNoBackups(watch: Watch, failure: Error): boolean {
  if (!isWildcard(watch) || !(failure instanceof SourceError)) return false;
  return failure.reason === 'bad_request' && failure.subject === 'instance';
}
