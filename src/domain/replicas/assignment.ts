import { type InLine, inLineFor } from './rendezvous.ts';

/** A replica that lives, as the store has it. Times are the store's. */
export interface LivingReplica {
  id: string;
  joinedAt: number;
  /** Stands for the configuration that it goes by. */
  configuration: string;
  /** It gives up what it has, and takes nothing any more. */
  isLeaving: boolean;
  /** Units of others that it would take. */
  asks: readonly string[];
}

/** How a unit stands. `freeSince`: since when nobody who lives has it; `null`: `owner` has it. */
export type UnitStanding =
  | { unit: string; owner: string; freeSince: null }
  | { unit: string; owner: null; freeSince: number };

/** How all stands, as one replica sees it. */
export interface Scene {
  me: string;
  now: number;
  replicas: readonly LivingReplica[];
  units: readonly UnitStanding[];
  /** Units that this replica would work on. */
  wanted: readonly string[];
}

/** What a replica does about it. */
export interface Moves {
  /** Units that nobody has, to be taken now. */
  take: string[];
  /** Units that nobody knew of, and that are another's: to be made known. */
  open: string[];
  /** Units of others that should be ours: to be asked for. */
  ask: string[];
  /** Units of ours that another has asked for and should have. */
  give: Array<{ unit: string; to: string }>;
}

/** A replica that has just come takes only what is free: one that falls over again and again would move the work of all others. */
export const SETTLED_AFTER_MS = 10_000;
/** Whose a free unit is does not take it for so long: the next in line does. */
export const NEXT_IN_LINE_MS = 10_000;

/**
 * Decides what a replica takes, asks for and gives. Only the one that has a unit gives it away, and only to whom it is asked by; so a
 * unit is never without anybody because two replicas see things differently.
 *
 * Whose a unit is goes by rendezvous among the replicas that live, do not leave, and go by the same configuration: one with another may
 * not know the unit at all. Nobody gives to one that has just come.
 */
export function movesOf({ me, now, replicas, units, wanted }: Scene, inLine: InLine = inLineFor): Moves {
  const self = replicas.find(({ id }) => id === me);
  const none: Moves = { take: [], open: [], ask: [], give: [] };
  if (self === undefined || self.isLeaving) return none;
  const peers = replicas.filter(
    ({ configuration, isLeaving }) => configuration === self.configuration && !isLeaving,
  );
  const ids = peers.map(({ id }) => id);
  const settled = peers.filter(({ joinedAt }) => now - joinedAt >= SETTLED_AFTER_MS).map(({ id }) => id);
  const standings = new Map(units.map((standing) => [standing.unit, standing]));
  const moves = none;
  for (const unit of wanted) {
    const standing = standings.get(unit);
    if (standing === undefined || standing.freeSince !== null) {
      const place = inLine(unit, ids).indexOf(me);
      const forMs = standing === undefined ? 0 : now - standing.freeSince;
      if (forMs >= place * NEXT_IN_LINE_MS) moves.take.push(unit);
      else if (standing === undefined) moves.open.push(unit);
    } else if (standing.owner !== me && ids.includes(standing.owner) && inLine(unit, settled)[0] === me)
      moves.ask.push(unit);
  }
  for (const { id, asks } of peers) {
    if (id === me) continue;
    for (const unit of asks) {
      if (standings.get(unit)?.owner === me && inLine(unit, settled)[0] === id)
        moves.give.push({ unit, to: id });
    }
  }
  return moves;
}
