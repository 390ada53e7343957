import { isOfAllProjects, type Watch } from '../../domain/job/watch.ts';
import { channelUnit, discoveryUnit, KEEPER_UNIT, projectUnit } from '../../domain/replicas/unit.ts';

/** What the units of a configuration follow from. */
export interface UnitConfig {
  watches: readonly Watch[];
  channels: readonly string[];
  /** Of the projects that watches of all projects have found; none unless given. */
  found?: readonly string[];
}

/** The units of work that a configuration comes to, each once. */
export function unitsOf({ watches, channels, found = [] }: UnitConfig): string[] {
  return [...new Set([KEEPER_UNIT, ...channels.map(channelUnit), ...watches.map(unitOfWatch), ...found])];
}

/** The unit of a watch that is one replica's as a whole: its project, or the list of its projects. */
export function unitOfWatch(watch: Watch): string {
  return isOfAllProjects(watch) ? discoveryUnit(watch.name) : projectUnit(watch);
}
