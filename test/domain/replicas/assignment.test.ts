import { describe, expect, it } from 'vitest';
import {
  type LivingReplica,
  movesOf,
  NEXT_IN_LINE_MS,
  SETTLED_AFTER_MS,
  type UnitStanding,
} from '../../../src/domain/replicas/assignment.ts';
import { inLineFor } from '../../../src/domain/replicas/rendezvous.ts';

const NOW = 1_000_000;
const UNITS = Array.from({ length: 300 }, (_, index) => `project:atlas/${index}`);

function replica(id: string, over: Partial<LivingReplica> = {}): LivingReplica {
  return { id, joinedAt: 0, configuration: 'one', isLeaving: false, asks: [], ...over };
}

function heldBy(owner: string, units = UNITS): UnitStanding[] {
  return units.map((unit) => ({ unit, owner, freeSince: null }));
}

describe('whose a unit is', () => {
  it('is shared out evenly, and stays as it is for most when one joins or goes', () => {
    const two = new Map(UNITS.map((unit) => [unit, inLineFor(unit, ['a', 'b'])[0]]));
    const three = new Map(UNITS.map((unit) => [unit, inLineFor(unit, ['c', 'a', 'b'])[0]]));
    const counts = Map.groupBy(three.values(), (owner) => owner);
    for (const owner of ['a', 'b', 'c']) expect(counts.get(owner)?.length).toBeGreaterThan(70);
    const moved = UNITS.filter((unit) => two.get(unit) !== three.get(unit));
    expect(moved.map((unit) => three.get(unit))).toEqual(moved.map(() => 'c'));
  });
});

describe('a replica', () => {
  const scene = { me: 'a', now: NOW, wanted: UNITS, units: [] as UnitStanding[] };

  it('that is alone takes everything at once', () => {
    const moves = movesOf({ ...scene, replicas: [replica('a', { joinedAt: NOW })] });
    expect(moves).toEqual({ take: UNITS, open: [], ask: [], give: [] });
  });

  it('takes its share of what is new, and makes the rest known to those whose it is', () => {
    const { take, open } = movesOf({ ...scene, replicas: [replica('a'), replica('b')] });
    expect(take.every((unit) => inLineFor(unit, ['a', 'b'])[0] === 'a')).toBe(true);
    expect([...take, ...open].toSorted()).toEqual(UNITS.toSorted());
    expect(open.length).toBeGreaterThan(100);
  });

  it('takes what is free and another’s when that one does not take it', () => {
    const replicas = [replica('a'), replica('b')];
    const units = UNITS.map((unit) => ({ unit, owner: null, freeSince: NOW - NEXT_IN_LINE_MS + 1 }));
    expect(movesOf({ ...scene, replicas, units }).take.length).toBeLessThan(200);
    expect(movesOf({ ...scene, replicas, units, now: NOW + 1 }).take).toEqual(UNITS);
  });

  it('that has just come asks for nothing, and is given nothing', () => {
    const joinedAt = NOW - SETTLED_AFTER_MS + 1;
    const young = replica('b', { joinedAt, asks: UNITS });
    expect(movesOf({ ...scene, me: 'b', replicas: [replica('a'), young], units: heldBy('a') }).ask).toEqual(
      [],
    );
    expect(movesOf({ ...scene, replicas: [replica('a'), young], units: heldBy('a') }).give).toEqual([]);
  });

  it('that has settled asks for its share, and is given just what it asks for', () => {
    const replicas = [replica('a'), replica('b')];
    const { ask } = movesOf({ ...scene, me: 'b', replicas, units: heldBy('a') });
    expect(ask).toEqual(UNITS.filter((unit) => inLineFor(unit, ['a', 'b'])[0] === 'b'));
    const asking = [replica('a'), replica('b', { asks: ask.slice(0, 10) })];
    expect(movesOf({ ...scene, replicas: asking, units: heldBy('a') }).give).toEqual(
      ask.slice(0, 10).map((unit) => ({ unit, to: 'b' })),
    );
  });

  it('gives nothing that is not the other’s, whatever that one asks for', () => {
    const replicas = [replica('a'), replica('b', { asks: UNITS })];
    const { give } = movesOf({ ...scene, replicas, units: heldBy('a') });
    expect(give.every(({ unit }) => inLineFor(unit, ['a', 'b'])[0] === 'b')).toBe(true);
  });

  it('neither gives to nor asks one that goes by another configuration', () => {
    const other = replica('b', { configuration: 'two', asks: UNITS });
    const replicas = [replica('a'), other];
    expect(movesOf({ ...scene, replicas, units: heldBy('a') }).give).toEqual([]);
    expect(movesOf({ ...scene, me: 'b', replicas, units: heldBy('a') }).ask).toEqual([]);
    // What is free is taken by whoever of either comes first: nobody waits for one that may not know of it.
    const units = UNITS.map((unit) => ({ unit, owner: null, freeSince: NOW }));
    expect(movesOf({ ...scene, replicas, units }).take).toEqual(UNITS);
  });

  it('that leaves takes and asks for nothing, and nobody waits for it', () => {
    const replicas = [replica('a', { isLeaving: true }), replica('b')];
    const units = UNITS.map((unit) => ({ unit, owner: null, freeSince: NOW }));
    expect(movesOf({ ...scene, replicas, units }).take).toEqual([]);
    expect(movesOf({ ...scene, me: 'b', replicas, units }).take).toEqual(UNITS);
  });

  it('that is not on the list does nothing', () => {
    expect(movesOf({ ...scene, replicas: [replica('b')] })).toEqual({
      take: [],
      open: [],
      ask: [],
      give: [],
    });
  });
});
