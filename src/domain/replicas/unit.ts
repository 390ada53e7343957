import type { Target } from '../job/watch.ts';

/** Every kind of work that one replica does at a time. */
export const UNIT_KINDS = ['project', 'discovery', 'channel', 'keeper'] as const;
/** See `UNIT_KINDS`. */
export type UnitKind = (typeof UNIT_KINDS)[number];

/** All polling in one project: its request budget, logins and turns are one replica's alone. */
export function projectUnit({ connection, groupId }: Pick<Target, 'connection' | 'groupId'>): string {
  return `project:${connection}/${groupId}`;
}

/** The project of a unit that is one of this connection; `null`: it is another one. */
export function groupOfUnit(connection: string, unit: string): string | null {
  const prefix = projectUnit({ connection, groupId: '' });
  return unit.startsWith(prefix) ? unit.slice(prefix.length) : null;
}

/** The list of the projects of a `*` watch: what it has found is one replica's to say. */
export function discoveryUnit(watch: string): string {
  return `discovery:${watch}`;
}

/** All sending to one channel: its order, its digests, and what its receiver bears. */
export function channelUnit(channel: string): string {
  return `channel:${channel}`;
}

/** The channel of a unit that is one; `null`: it is of another kind. */
export function channelOfUnit(unit: string): string | null {
  return unit.startsWith('channel:') ? unit.slice('channel:'.length) : null;
}

/** What is done once for all: reminders, fallbacks, test alerts, and closing what has left the configuration. */
export const KEEPER_UNIT = 'keeper';

/** Of which kind a unit is. */
export function kindOfUnit(unit: string): UnitKind {
  const [prefix] = unit.split(':', 1);
  const kind = UNIT_KINDS.find((one) => one === prefix);
  if (kind === undefined) throw new Error(`no unit of work: ${unit}`);
  return kind;
}
