import type { Watch } from '../../domain/job/watch.ts';
import { channelUnit, KEEPER_UNIT, projectUnit } from '../../domain/replicas/unit.ts';

/** What the units of a configuration follow from. */
export interface UnitConfig {
  watches: readonly Watch[];
  channels: readonly string[];
}

/** The units of work that a configuration comes to, each once. */
export function unitsOf({ watches, channels }: UnitConfig): string[] {
  return [...new Set([KEEPER_UNIT, ...channels.map(channelUnit), ...watches.map(projectUnit)])];
}
