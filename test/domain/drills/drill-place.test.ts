import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../src/domain/audit.ts';
import type { Drill } from '../../../src/domain/drills/drill.ts';
import {
  type DrillPlace,
  endsOverdue,
  type Judgement,
  missedAttestations,
  newPlace,
  readEntry,
  withRun,
} from '../../../src/domain/drills/drill-place.ts';
import { type DrillRun, missAttestation } from '../../../src/domain/drills/drill-run.ts';
import { reasonWords } from '../../../src/domain/drills/drill-words.ts';
import { restoreCommand } from '../../../src/domain/drills/restore-command.ts';
import { placeKey } from '../../../src/domain/job/place.ts';
import { aWatch, GROUP_ID, HOUR, jobId, MINUTE, T0 } from '../../support/builders.ts';

const DRILL: Drill = {
  name: 'quarterly',
  watch: 'orders',
  targets: [],
  everyMs: 31 * 24 * HOUR,
  maxDurationMs: 30 * MINUTE,
  maxSnapshotAgeMs: 26 * HOUR,
  validateWithinMs: 48 * HOUR,
};
const WATCH = aWatch();
const KEY = placeKey(WATCH);

function iso(at: number): string {
  return new Date(at).toISOString();
}

function entry(kind: string, data: AuditEntry['data'], at = T0 + HOUR): AuditEntry {
  return { v: 1, seq: 1, at: iso(at), kind, data, prev: '', hash: '' };
}

/** The entry of a restore that took 20 minutes, of a snapshot of 10 hours, unless told otherwise. */
function ended(
  outcome: 'finished' | 'failed',
  { tookMs = 20 * MINUTE, ageMs = 10 * HOUR, target = 'orders-copy', isDated = true, silent = false } = {},
): AuditEntry {
  const at = isDated ? iso(T0 + tookMs) : null;
  const milestones = [
    { milestone: 'started', at: iso(T0) },
    { milestone: outcome, at },
  ];
  const job = {
    ...{ id: jobId(1), groupId: GROUP_ID, instanceName: 'orders', state: outcome, targetClusterName: target },
    ...{ createdAt: iso(T0), snapshotAt: iso(T0 - ageMs), milestones },
  };
  const found = silent ? { silent: ['started', outcome] } : { news: [outcome] };
  return entry('observation.changed', { watch: 'orders', jobId: jobId(1), ...found, job });
}

function read(one: AuditEntry, { drill = DRILL, place = newPlace(WATCH, 0), judges = true } = {}) {
  return readEntry({ drill, watch: WATCH }, new Map([[KEY, place]]), one, judges)[0] ?? null;
}

describe('a restore that counts as a drill', () => {
  it.each([
    [ended('finished'), []],
    [ended('finished', { tookMs: 30 * MINUTE }), []],
    [ended('finished', { tookMs: 30 * MINUTE + 1 }), ['too_slow']],
    [ended('finished', { ageMs: 26 * HOUR + 1 }), ['snapshot_too_old']],
    [ended('finished', { tookMs: HOUR, ageMs: 27 * HOUR }), ['too_slow', 'snapshot_too_old']],
    [ended('finished', { tookMs: HOUR, isDated: false }), []],
    [ended('failed'), ['failed']],
  ])('is judged by what is agreed: %#', (one, reasons) => {
    expect(read(one)?.judged?.run.reasons).toEqual(reasons);
  });

  it('is the last one done only when it has finished', () => {
    expect(read(ended('finished'))?.place?.done).toEqual({ jobId: jobId(1), at: T0 + 20 * MINUTE });
    expect(read(ended('failed'))?.place?.done).toBeNull();
  });

  it('counts only where its target fits', () => {
    const drill = { ...DRILL, targets: ['*-drill', 'stage'] };
    expect(read(ended('finished', { target: 'orders-copy' }), { drill })).toBeNull();
    expect(read(ended('finished', { target: 'orders-drill' }), { drill })?.place?.done).not.toBeNull();
  });

  it('counts, and is not judged, where it lies before the drill was agreed or before the first look', () => {
    for (const change of [read(ended('failed'), { judges: false }), read(ended('failed', { silent: true }))])
      expect(change?.judged ?? null).toBeNull();
    expect(read(ended('finished', { silent: true }))).toMatchObject({ judged: null, place: { done: {} } });
  });

  it('finished when that was found, however often Atlas or an older version tells of it again without a time', () => {
    const again = ended('finished', { isDated: false, silent: true });
    const { news: _news, silent: _silent, ...older } = again.data;
    const found = read({ ...again, at: iso(T0 + HOUR) })?.place as DrillPlace;
    expect(found.done).toEqual({ jobId: jobId(1), at: T0 + HOUR });
    const later = { ...again, at: iso(T0 + 9 * HOUR), data: older };
    expect(read(later, { place: found })).toBeNull();
    // Nor where another one has finished since.
    expect(read(later, { place: { ...found, done: { jobId: jobId(2), at: T0 + 2 * HOUR } } })).toBeNull();
    expect(read(later, { place: { ...found, done: null } })?.place?.done?.at).toBe(T0 + 9 * HOUR);
    const before = { jobId: jobId(2), at: T0 - 1 };
    expect(read(later, { place: { ...found, done: before } })?.place?.done?.at).toBe(T0 + 9 * HOUR);
  });

  it('is waited for until its deadline, however many end meanwhile', () => {
    const { place, judged } = read(ended('finished')) as { place: DrillPlace; judged: Judgement };
    const { run } = judged;
    const told = missAttestation({ ...run, jobId: jobId(2) });
    const settled = (number: number): DrillRun => ({
      ...{ ...run, jobId: jobId(number), endedAt: run.endedAt + number },
      attested: { result: 'passed', by: 'ann', ticket: null },
    });
    let many: DrillPlace = withRun({ ...place, failing: told }, told);
    for (let number = 3; number < 40; number += 1) many = withRun(many, settled(number));
    expect(many.runs.map(({ jobId: id }) => id)).toEqual([
      ...[jobId(1), jobId(2)],
      ...Array.from({ length: 20 }, (_, index) => jobId(20 + index)),
    ]);
    const missed = missedAttestations(many, T0 + 20 * MINUTE + 48 * HOUR);
    expect(missed.map(({ run: { jobId: id } }) => id)).toEqual([jobId(1)]);
  });

  it('lacks an attestation when the time is over, and only then', () => {
    const { place } = read(ended('finished')) as { place: DrillPlace };
    const by = T0 + 20 * MINUTE + 48 * HOUR;
    expect(missedAttestations(place, by - 1)).toEqual([]);
    expect(missedAttestations(place, by)).toMatchObject([
      { run: { reasons: ['not_attested'] }, before: { reasons: [] } },
    ]);
    const attested = read(entry('attestation.made', { jobId: jobId(1), result: 'passed', by: 'ann' }), {
      place,
    });
    expect(attested?.judged?.run).toMatchObject({ reasons: [], attested: { result: 'passed', by: 'ann' } });
    expect(missedAttestations(attested?.place ?? place, by)).toEqual([]);
  });

  it('goes by the last attestation, also one that comes late', () => {
    const { place } = read(ended('finished')) as { place: DrillPlace };
    const said = (result: string, at: DrillPlace) =>
      read(entry('attestation.made', { jobId: jobId(1), result, by: 'ann' }), { place: at });
    const failed = said('failed', place);
    expect(failed?.judged?.run.reasons).toEqual(['attested_failed']);
    expect(said('passed', failed?.place as DrillPlace)?.judged?.run.reasons).toEqual([]);
  });
});

describe('that a drill is overdue', () => {
  const { everyMs } = DRILL;
  const place = { since: 0, done: { jobId: jobId(1), at: T0 }, overdueSince: T0 };

  it.each<[string, Partial<DrillPlace>, number | null, boolean]>([
    ['the restore that was the last one then', {}, T0 + everyMs + 1, false],
    ['a later one', { done: { jobId: jobId(2), at: T0 + everyMs } }, T0 + everyMs + 1, true],
    [
      'a later one, by which it is due just now',
      { done: { jobId: jobId(2), at: T0 + 1 } },
      T0 + 1 + everyMs,
      true,
    ],
    [
      'a later one, by which it is overdue as well',
      { done: { jobId: jobId(2), at: T0 + 1 } },
      T0 + 2 + everyMs,
      false,
    ],
    ['a later one, while nobody knows the time', { done: { jobId: jobId(2), at: T0 + 1 } }, null, true],
    ['what was not told', { overdueSince: null, done: { jobId: jobId(2), at: T0 + 1 } }, T0 + 2, false],
  ])('is ended by %s: %j', (_what, over, now, ends) => {
    expect(endsOverdue({ ...place, ...over }, DRILL, now)).toBe(ends);
  });
});

describe('the instances of a `*` watch', () => {
  const watch = aWatch({ instanceName: '*' });
  const at = { watch: 'orders', groupId: GROUP_ID, instanceName: 'orders' };

  it('are expected something of from when they are found until they have gone', () => {
    const found = readEntry({ drill: DRILL, watch }, new Map(), entry('instance.found', at), true);
    expect(found).toMatchObject([{ key: placeKey(at), place: { since: T0 + HOUR, done: null } }]);
    const places = new Map([[placeKey(at), newPlace(at, 5)]]);
    const again = readEntry({ drill: DRILL, watch }, places, entry('instance.found', at), true);
    const gone = readEntry({ drill: DRILL, watch }, places, entry('instance.gone', at), true);
    expect([again, gone]).toEqual([[], [{ key: placeKey(at), place: null, judged: null }]]);
    const other = entry('instance.gone', { ...at, watch: 'users' });
    expect(readEntry({ drill: DRILL, watch }, places, other, true)).toEqual([]);
  });
});

describe('what is said of a drill', () => {
  it('names each thing that is not as agreed, with what is agreed', () => {
    const change = read(ended('finished', { tookMs: 50 * MINUTE, ageMs: 30 * HOUR }));
    expect(change?.judged && reasonWords(change.judged.run, DRILL)).toBe(
      'took 50 min, agreed 30 min; its snapshot was 1 d 6 h old, agreed 1 d 2 h',
    );
  });

  it('has the command of the Atlas CLI ready, in which no name of an instance is code', () => {
    const route = { groupId: GROUP_ID, instanceName: 'orders', targetClusterName: 'stage' };
    expect(restoreCommand({ ...route, kind: 'cluster' })).toBe(
      `atlas backups restores start automated --clusterName orders --snapshotId "$(atlas backups snapshots list orders --projectId ${GROUP_ID} -o json | jq -r '.results[0].id')" --targetClusterName stage --targetProjectId ${GROUP_ID} --projectId ${GROUP_ID}`,
    );
    const odd = restoreCommand({
      ...route,
      kind: 'serverless',
      instanceName: "a';b",
      targetClusterName: null,
    });
    expect(odd).toContain(`--clusterName 'a'\\'';b'`);
    expect(odd).toContain('--targetClusterName TARGET');
    expect(restoreCommand({ ...route, kind: 'legacy' })).toBeNull();
  });
});
