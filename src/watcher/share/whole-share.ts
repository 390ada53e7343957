import type { FoundProject } from '../../store/ports/replicas/estates.ts';
import type { Hold } from '../leases/leases.ts';
import type { WatchShare } from './watch-share.ts';

/**
 * All of a watch, for as long as the watch runs: under one hold, or each project under the hold that `holdOf` has for it. What was found is
 * kept in memory.
 */
export function wholeShare(
  hold: Hold = { unit: '', lease: null, isOurs: () => true },
  holdOf: (groupId: string) => Hold = () => hold,
): WatchShare {
  let projects: ReadonlyMap<string, FoundProject> | null = null;
  return {
    isWhole: true,
    discovery: () => hold,
    holdOf,
    projects: () => projects,
    hasGone: (groupId) => projects !== null && !projects.has(groupId),
    take: async (listed) => {
      projects = new Map(listed.map((project) => [project.groupId, { ...project, isGone: false }]));
    },
    others: () => [],
    note: () => {},
  };
}
