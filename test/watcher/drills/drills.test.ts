import { describe, expect, it, onTestFinished } from 'vitest';
import type { Drill } from '../../../src/domain/drills/drill.ts';
import { drillOf, placeOf } from '../../../src/domain/event/subject.ts';
import { placeKey } from '../../../src/domain/job/place.ts';
import type { RestoreJob } from '../../../src/domain/job/restore-job.ts';
import { diffObservations } from '../../../src/domain/job/transition.ts';
import { targetOf, type Watch } from '../../../src/domain/job/watch.ts';
import { ReportCompiler } from '../../../src/domain/report/compile.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { DrillLook } from '../../../src/watcher/drills/drill-look.ts';
import {
  aJob,
  anAttestationRequest,
  aRoute,
  aWatch,
  GROUP_ID,
  HOUR,
  jobId,
  MINUTE,
  T0,
} from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';

const DAY = 24 * HOUR;
const DRILL: Drill = {
  ...{ name: 'quarterly', watch: 'orders', targets: [], everyMs: 10 * DAY },
  ...{ maxDurationMs: 30 * MINUTE, maxSnapshotAgeMs: 26 * HOUR, validateWithinMs: 2 * DAY },
};

/** A store, with what is written and told there; nobody looks by itself. */
async function aWorld(drills: readonly Drill[] = [DRILL], watch: Watch = aWatch()) {
  const store = await openStore({ url: 'sqlite::memory:' }, { mode: 'readwrite' });
  onTestFinished(() => store.close());
  const clock = createManualClock(T0);
  const routes = [aRoute({ events: ['*'], channels: ['dba'], remindEveryMs: null })];
  const recorder = aRecorder({ store, clock }, { routes });
  const look = (agreed = drills) => {
    const deps = { store, recorder, surelyNow: () => clock.now() };
    return new DrillLook(deps, { drills: agreed, watches: [watch] });
  };
  let current = look();
  const told = async () =>
    (await store.listEvents({ limit: 99 })).items
      .map(({ event }) => event)
      .filter(({ name }) => name.startsWith('drill_'))
      .reverse();
  return {
    store,
    clock,
    told,
    /** When it was overdue, as the report has it. */
    overdueSpans: async () => {
      const compiler = new ReportCompiler();
      for (const entry of await store.readAudit(0, 999)) compiler.read(entry);
      const until = clock.now() + DAY;
      const request = {
        since: T0,
        until,
        watch: null,
        madeAt: until,
        version: '1',
        coverage: [],
        checkpoint: null,
      };
      return compiler.report({ ...request, key: null }).drills.flatMap(({ overdue }) => overdue);
    },
    names: async () => (await told()).map(({ name }) => name),
    /** What a poll finds of a job; `instanceName` says where, with a `*` watch. */
    find: async (job: RestoreJob, instanceName = watch.instanceName) => {
      const target = { ...targetOf(watch), groupId: GROUP_ID, instanceName };
      const context = { watch: watch.name, now: clock.now(), lastLookAt: null, firstSight: 'new' as const };
      const rules = {
        announceExisting: false,
        lateAfterMs: DAY,
        policy: { stalled: null, expiringWithinMs: null },
      };
      const comparison = diffObservations(undefined, job, { ...context, ...rules });
      const found = {
        watch,
        target,
        observations: [comparison.observation!],
        baseline: null,
        usuals: new Map(),
      };
      await recorder.recordPoll(
        { ...found, comparisons: [{ comparison, foundAt: clock.now() }] },
        new AbortController().signal,
      );
    },
    look: async (agreed?: readonly Drill[]) => {
      if (agreed) current = look(agreed);
      await store.noteSuccesses(new Map([[watch.name, clock.now()]]), clock.now());
      while (!(await current.look()));
    },
    /** The watch has not been polled with success since. */
    lookBlind: () => current.look(),
    restart: () => {
      current = look();
    },
  };
}

/** A restore that has finished 20 minutes after it began, unless told otherwise. */
function restore(
  number: number,
  createdAt: number,
  { minutes = 20, ageMs = HOUR, outcome = 'finished' as const as 'finished' | 'failed' } = {},
) {
  const over = { id: jobId(number, createdAt), createdAt, snapshotAt: createdAt - ageMs };
  return aJob([outcome], over, minutes);
}

describe('a drill', () => {
  it('is told to be overdue once, with the command that runs it, and is in order again with the next restore', async () => {
    const world = await aWorld();
    await world.look();
    world.clock.advance(10 * DAY);
    await world.look();
    expect(await world.names()).toEqual([]);
    world.clock.advance(MINUTE);
    await world.look();
    world.restart();
    await world.look();
    expect(await world.names()).toEqual(['drill_overdue']);
    const [overdue] = await world.told();
    expect(overdue?.summary).toBe('Drill quarterly is overdue: no restore has finished while it was watched');
    expect(overdue?.note).toContain(
      'Expected every 10 d. It removes all that its target holds: atlas serverless',
    );
    await world.find(restore(1, world.clock.now() - 30 * MINUTE));
    await world.look();
    expect(await world.names()).toEqual(['drill_overdue', 'drill_passed']);
    expect([...(await world.store.readAlerts()).keys()]).toEqual([]);
  });

  it('does not become overdue while nobody looks', async () => {
    const world = await aWorld();
    await world.look();
    world.clock.advance(11 * DAY);
    await world.lookBlind();
    expect(await world.names()).toEqual([]);
  });

  it.each([
    [{ minutes: 31 }, 'too_slow', 'took 31 min, agreed 30 min'],
    [{ ageMs: 27 * HOUR }, 'snapshot_too_old', 'its snapshot was 1 d 3 h old, agreed 1 d 2 h'],
    [{ outcome: 'failed' as const }, 'failed', 'failed'],
  ])('that does not go as agreed is told once: %j', async (how, reason, words) => {
    const world = await aWorld();
    await world.look();
    const job = restore(1, T0, how);
    world.clock.advance(HOUR);
    await world.find(job);
    await world.look();
    world.restart();
    await world.look();
    const told = await world.told();
    expect(told.map(({ name }) => name)).toEqual(['drill_failed']);
    expect(told.map(drillOf)).toEqual([{ name: 'quarterly', jobId: job.id, reasons: [reason] }]);
    expect(told[0]?.summary).toContain(`: ${words}`);
    expect(told[0]?.note).toBe(
      'Every 10 d, within 30 min, of a snapshot of at most 1 d 2 h, attested within 2 d.',
    );
    world.clock.advance(DAY);
    await world.find(restore(2, world.clock.now() - HOUR));
    await world.look();
    expect(await world.names()).toEqual(['drill_failed', 'drill_passed']);
  });

  it('that nobody attests in time is told, and a late attestation ends that', async () => {
    const world = await aWorld();
    await world.look();
    const job = restore(1, T0);
    world.clock.advance(HOUR);
    await world.find(job);
    await world.look();
    world.clock.advance(2 * DAY);
    await world.look();
    await world.look();
    expect((await world.told()).map(drillOf)).toMatchObject([{ reasons: ['not_attested'] }]);
    await world.store.attest(anAttestationRequest({ jobId: job.id, at: world.clock.now() }));
    await world.look();
    const [, passed] = await world.told();
    expect(passed).toMatchObject({ name: 'drill_passed', severity: 'info' });
    expect(passed?.summary).toContain('finished in 20 min, attested by ann');
    const runs = (await world.store.readAudit(0, 99)).filter(({ kind }) => kind === 'drill.run');
    expect(runs.map(({ data }) => [data.isMet, data.reasons])).toEqual([
      [true, []],
      [false, ['not_attested']],
      [true, []],
    ]);
  });

  it('stays overdue, and is told so once, whatever is attested of earlier restores', async () => {
    const world = await aWorld();
    await world.look();
    const job = restore(1, T0);
    world.clock.advance(HOUR);
    await world.find(job);
    await world.look();
    world.clock.advance(2 * DAY);
    await world.look();
    world.clock.advance(9 * DAY);
    await world.look();
    expect(await world.names()).toEqual(['drill_failed', 'drill_overdue']);
    await world.store.attest(anAttestationRequest({ jobId: job.id, at: world.clock.now() }));
    await world.look();
    world.restart();
    await world.look();
    expect(await world.names()).toEqual(['drill_failed', 'drill_overdue']);
    expect([...(await world.store.readAlerts()).keys()]).toEqual([expect.stringContaining('drill_overdue/')]);
    expect(await world.overdueSpans()).toEqual([{ since: world.clock.now(), until: null }]);
    world.clock.advance(HOUR);
    await world.find(restore(2, world.clock.now() - 30 * MINUTE));
    await world.look();
    expect(await world.names()).toEqual(['drill_failed', 'drill_overdue', 'drill_passed']);
    expect((await world.told())[2]?.summary).toContain('finished in 20 min');
    expect([...(await world.store.readAlerts()).keys()]).toEqual([]);
    expect(await world.overdueSpans()).toEqual([
      { since: world.clock.now() - HOUR, until: world.clock.now() },
    ]);
  });

  it('stays overdue where nobody attests an earlier restore in time', async () => {
    const world = await aWorld([{ ...DRILL, everyMs: DAY }]);
    await world.look();
    world.clock.advance(HOUR);
    await world.find(restore(1, T0));
    await world.look();
    world.clock.advance(DAY);
    await world.look();
    world.clock.advance(DAY);
    await world.look();
    expect(await world.names()).toEqual(['drill_overdue', 'drill_failed']);
    expect((await world.store.readAlerts()).size).toBe(2);
    expect(await world.overdueSpans()).toEqual([{ since: T0 + HOUR + DAY, until: null }]);
  });

  it('stays overdue where a restore is found that finished too long ago', async () => {
    const world = await aWorld([{ ...DRILL, validateWithinMs: null }]);
    await world.look();
    world.clock.advance(10 * DAY + MINUTE);
    await world.look();
    world.clock.advance(20 * DAY);
    await world.find(restore(1, T0 + 12 * DAY));
    await world.look();
    expect(await world.names()).toEqual(['drill_overdue']);
  });

  it('that did not go as agreed is told again when something else of it is not, and not with each attestation', async () => {
    const world = await aWorld();
    await world.look();
    const slow = restore(1, T0, { minutes: 31 });
    world.clock.advance(HOUR);
    await world.find(slow);
    await world.look();
    const attest = async (id: string, result: 'passed' | 'failed') => {
      world.clock.advance(MINUTE);
      await world.store.attest(anAttestationRequest({ jobId: id, result, at: world.clock.now() }));
      await world.look();
    };
    const reasons = async () => (await world.told()).map((event) => drillOf(event)?.reasons);
    await attest(slow.id, 'passed');
    await attest(slow.id, 'passed');
    expect(await reasons()).toEqual([['too_slow']]);
    await attest(slow.id, 'failed');
    await attest(slow.id, 'failed');
    await attest(slow.id, 'passed');
    expect(await reasons()).toEqual([['too_slow'], ['too_slow', 'attested_failed']]);
    // Nor when it is another one of which it is told by then.
    await world.find(restore(2, world.clock.now() - HOUR, { minutes: 40 }));
    await world.look();
    await attest(slow.id, 'passed');
    expect((await reasons()).length).toBe(3);
    const runs = (await world.store.readAudit(0, 99)).filter(({ kind }) => kind === 'drill.run');
    expect(runs).toHaveLength(8);
    expect((await world.store.readAlerts()).size).toBe(1);
  });

  it('says of a restore from before it was agreed nothing, and reckons with it', async () => {
    const world = await aWorld([]);
    await world.find(restore(1, T0 - HOUR, { minutes: 50 }));
    world.clock.advance(9 * DAY);
    await world.look([DRILL]);
    expect(await world.names()).toEqual([]);
    world.clock.advance(DAY);
    await world.look();
    expect(await world.names()).toEqual(['drill_overdue']);
    expect((await world.told())[0]?.summary).toContain('no restore has finished for 10 d');
  });

  it('of each instance of a `*` watch is overdue by itself, until the instance has gone', async () => {
    const watch = aWatch({ instanceName: '*' });
    const short = {
      ...DRILL,
      name: null,
      maxDurationMs: null,
      maxSnapshotAgeMs: null,
      validateWithinMs: null,
    };
    const world = await aWorld([short], watch);
    const note = (kind: 'instance.found' | 'instance.gone', instanceName: string) => {
      const data = { watch: 'orders', kind: watch.kind, groupId: GROUP_ID, instanceName };
      return world.store.recordAudit([{ at: world.clock.now(), kind, data }]);
    };
    await note('instance.found', 'a');
    await note('instance.found', 'b');
    await world.look();
    world.clock.advance(5 * DAY);
    const job = restore(1, world.clock.now() - HOUR);
    await world.find({ ...job, instanceName: 'a' }, 'a');
    await world.look();
    world.clock.advance(6 * DAY);
    await world.look();
    const told = await world.told();
    expect(told.map((event) => placeOf(event)?.instanceName)).toEqual(['b']);
    expect(told[0]?.summary).toBe(
      `No restore of b in project ${GROUP_ID} (watch orders) has finished while it was watched`,
    );
    await note('instance.gone', 'b');
    await world.look();
    expect(await world.names()).toEqual(['drill_overdue', 'drill_passed']);
    expect([...(await world.store.readAlerts()).keys()]).toEqual([]);
  });

  it('is not overdue at an instance that has gone while no watcher ran', async () => {
    const watch = aWatch({ instanceName: '*' });
    const world = await aWorld([DRILL], watch);
    const { store, clock } = world;
    const note = (writer: string, startedAt: number, instanceNames: string[]) =>
      store.noteCoverage({
        writer: { id: writer, startedAt, aliveAt: clock.now(), endedAt: null },
        spans: instanceNames.map((instanceName, index) => ({
          ...{ watch: 'orders', groupId: GROUP_ID, instanceName, number: index + 1 },
          ...{ from: startedAt, to: null, cause: null, until: null, slackMs: 60_000 },
        })),
        firsts: instanceNames.map((_, index) => index + 1),
      });
    for (const instanceName of ['a', 'b']) {
      const data = { watch: 'orders', kind: watch.kind, groupId: GROUP_ID, instanceName };
      await store.recordAudit([{ at: clock.now(), kind: 'instance.found', data }]);
    }
    await note('before', clock.now(), ['*', 'a', 'b']);
    await world.look();
    clock.advance(10 * DAY + MINUTE);
    // Another process by now, which has found one of them.
    await note('now', clock.now(), ['*', 'a']);
    await world.look();
    expect((await world.told()).map((event) => placeOf(event)?.instanceName)).toEqual(['a']);
    clock.advance(2 * HOUR);
    await note('now', clock.now() - 2 * HOUR, ['*', 'a']);
    await world.look();
    expect([...(await store.drillPlaces('quarterly')).keys()]).toEqual([
      placeKey({ groupId: GROUP_ID, instanceName: 'a' }),
    ]);
    expect(await world.names()).toEqual(['drill_overdue']);
  });

  it('that is agreed no more is closed, and nothing is kept of it', async () => {
    const world = await aWorld();
    await world.look();
    world.clock.advance(11 * DAY);
    await world.look();
    await world.look([]);
    expect((await world.told()).map(({ summary }) => summary)).toEqual([
      expect.stringContaining('Drill quarterly is overdue'),
      'Drill quarterly is no longer agreed',
    ]);
    expect(await world.store.drillMarks()).toEqual(new Map());
    expect(await world.store.drillPlaces('quarterly')).toEqual(new Map());
  });
});
