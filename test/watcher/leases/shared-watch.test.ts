import { describe, expect, it } from 'vitest';
import type { RestoreJob } from '../../../src/domain/job/restore-job.ts';
import type { Watch } from '../../../src/domain/job/watch.ts';
import { SourceError } from '../../../src/errors.ts';
import { aJob, aWatch, jobId } from '../../support/builders.ts';
import { aReplicaWorld, type ReplicaUnderTest, type ReplicaWorld } from './replica-world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const PROJECTS = Array.from({ length: 18 }, (_, index) => `project-${index}`);
const AWAY = new SourceError('unavailable', 'cannot connect');

/** A watch of all projects, polled every second, over an Atlas in which each project has one instance and jobs of its own. */
function aSharedWorld(over: Partial<Watch> = {}, more: readonly Watch[] = []): ReplicaWorld {
  const all = aWatch({
    name: 'all',
    kind: 'cluster',
    apiVersion: 'v2',
    groupId: '*',
    instanceName: '*',
    schedule: '* * * * * *',
    failingAfterMs: 20 * SECOND,
    discoverEveryMs: MINUTE,
    ...over,
  });
  const world = aReplicaWorld([all, ...more]);
  const { atlas } = world;
  for (const groupId of PROJECTS) addProject(world, groupId);
  atlas.listJobs = async function* (target) {
    const fault = atlas.fault ?? atlas.jobFaults.get(target.groupId);
    if (fault) throw fault;
    const jobs = atlas.jobs.filter(({ groupId }) => groupId === target.groupId);
    yield { count: jobs.length, hasNext: false, readings: () => jobs.map((job) => ({ kind: 'job', job })) };
  };
  return world;
}

function addProject({ atlas }: ReplicaWorld, groupId: string): void {
  atlas.projects.push({ groupId, name: `name of ${groupId}`, tags: {} });
  atlas.instances.set(groupId, [{ instanceName: 'orders', name: 'orders', tags: {} }]);
}

function addJob({ atlas, time }: ReplicaWorld, groupId: string, number: number): RestoreJob {
  const job = aJob([], { kind: 'cluster', groupId, id: jobId(number, time.now()), createdAt: time.now() });
  atlas.jobs.push(job);
  return job;
}

function endJob({ atlas }: ReplicaWorld, job: RestoreJob): void {
  const { id, kind, groupId, createdAt } = job;
  atlas.jobs[atlas.jobs.indexOf(job)] = aJob(['finished'], { id, kind, groupId, createdAt }, 0);
}

function pollersOf({ polls }: ReplicaWorld, groupId: string, since: number): string[] {
  const inside = polls.filter((poll) => poll.groupId === groupId && poll.at >= since);
  return [...new Set(inside.map(({ replica }) => replica))];
}

/** How many projects each replica has polled since then, each project counted for all that have polled it. */
function sharesSince(world: ReplicaWorld, since: number): Record<string, number> {
  const shares: Record<string, number> = {};
  for (const project of PROJECTS) {
    for (const replica of pollersOf(world, project, since)) shares[replica] = (shares[replica] ?? 0) + 1;
  }
  return shares;
}

function longestGapMs({ polls, time }: ReplicaWorld, groupId: string, since: number): number {
  const times = polls.filter((poll) => poll.groupId === groupId && poll.at >= since).map(({ at }) => at);
  const all = [since, ...times, time.truth()];
  return Math.max(...all.slice(1).map((at, index) => at - (all[index] ?? at)));
}

/** What each event was told as on one channel: its name, and the job or place that it is about. */
async function toldIn({ store }: ReplicaUnderTest): Promise<string[]> {
  const entries = await store.readAudit(0, 100_000);
  return entries
    .filter(({ kind }) => kind === 'event' || kind === 'transition')
    .map(({ data }) => JSON.stringify(data));
}

async function auditedIn({ store }: ReplicaUnderTest, wanted: string): Promise<unknown[]> {
  const entries = await store.readAudit(0, 100_000);
  return entries.filter(({ kind }) => kind === wanted).map(({ data }) => data);
}

/** The events that one channel was told, by name, in alphabetical order. */
function heardOn(world: ReplicaWorld, channel = 'siem'): string[] {
  return world
    .heard()
    .flatMap((one) => (one.channel === channel ? [one.name] : []))
    .toSorted();
}

async function threeOf(world: ReplicaWorld): Promise<[ReplicaUnderTest, ReplicaUnderTest, ReplicaUnderTest]> {
  const a = await world.start('a');
  const b = await world.start('b');
  const c = await world.start('c');
  await world.time.pass(40 * SECOND);
  return [a, b, c];
}

describe('a watch of all projects that replicas share', () => {
  it('is polled project by project, each by one replica, and listed by one', async () => {
    const world = aSharedWorld();
    const { time } = world;
    await threeOf(world);
    const settled = time.truth();
    await time.pass(2 * MINUTE);
    const shares = sharesSince(world, settled);
    expect(Object.keys(shares).toSorted()).toEqual(['a', 'b', 'c']);
    expect(Object.values(shares).reduce((sum, count) => sum + count, 0)).toBe(PROJECTS.length);
    const lists = world.lists.filter(({ at }) => at >= settled);
    expect(lists).toHaveLength(2);
    expect(new Set(lists.map(({ replica }) => replica)).size).toBe(1);
  });

  it('is polled without a gap while replicas join and stop', async () => {
    const world = aSharedWorld();
    const { time } = world;
    const a = await world.start('a');
    await time.pass(20 * SECOND);
    const before = time.truth();
    await world.start('b');
    await world.start('c');
    await time.pass(40 * SECOND);
    void a.stop();
    await time.pass(20 * SECOND);
    for (const project of PROJECTS) {
      expect(longestGapMs(world, project, before)).toBeLessThanOrEqual(2 * SECOND);
      expect(pollersOf(world, project, time.truth() - 5 * SECOND)).toHaveLength(1);
    }
    expect(sharesSince(world, time.truth() - 5 * SECOND)).not.toHaveProperty('a');
  });

  it('goes on where another replica was: no new baseline, nothing told twice, nothing lost', async () => {
    const world = aSharedWorld();
    const { time } = world;
    const [a, b, c] = await threeOf(world);
    const running = PROJECTS.map((groupId, index) => addJob(world, groupId, index + 1));
    await time.pass(5 * SECOND);
    const cutAt = time.truth();
    a.link.isCutOff = true;
    await time.pass(5 * SECOND);
    for (const [index, groupId] of PROJECTS.entries()) addJob(world, groupId, 100 + index);
    for (const job of running.slice(0, 9)) endJob(world, job);
    await time.pass(25 * SECOND);
    for (const project of PROJECTS)
      expect(longestGapMs(world, project, cutAt)).toBeLessThanOrEqual(20 * SECOND);
    void b.stop();
    await time.pass(15 * SECOND);
    for (const job of running.slice(9)) endJob(world, job);
    await time.pass(15 * SECOND);
    const heard = heardOn(world);
    expect(heard.filter((name) => name === 'started')).toHaveLength(2 * PROJECTS.length);
    expect(heard.filter((name) => name === 'finished')).toHaveLength(PROJECTS.length);
    expect(heard).toHaveLength(3 * PROJECTS.length);
    expect(await auditedIn(c, 'baseline.taken')).toHaveLength(PROJECTS.length);
    expect(await auditedIn(c, 'instance.found')).not.toHaveLength(0);
  });

  it('is not told as failing when the database comes back that was away for longer than failingAfter', async () => {
    const world = aSharedWorld();
    const { time } = world;
    const all = await threeOf(world);
    for (const { link } of all) link.isCutOff = true;
    addJob(world, 'project-0', 1);
    await time.pass(2 * MINUTE);
    for (const { link } of all) link.isCutOff = false;
    await time.pass(20 * SECOND);
    expect(heardOn(world)).toEqual(['started']);
  });

  it('finds a project that comes while nobody lists, and tells of what began there', async () => {
    const world = aSharedWorld();
    const { time } = world;
    const [a, b, c] = await threeOf(world);
    const lister = world.lists.at(-1)?.replica;
    const [dead] = [a, b, c].filter(({ name }) => name === lister);
    if (dead === undefined) throw new Error('nobody lists');
    dead.link.isCutOff = true;
    await time.pass(2 * SECOND);
    addProject(world, 'late');
    addJob(world, 'late', 1);
    await time.pass(MINUTE);
    expect(heardOn(world)).toEqual(['started']);
    expect(pollersOf(world, 'late', time.truth() - 5 * SECOND)).toHaveLength(1);
  });

  it('follows what is open in a project that has gone to its end, by one replica after the other', async () => {
    const world = aSharedWorld();
    const { time, atlas } = world;
    const replicas = await threeOf(world);
    const job = addJob(world, 'project-3', 1);
    await time.pass(5 * SECOND);
    atlas.projects = atlas.projects.filter(({ groupId }) => groupId !== 'project-3');
    await time.pass(2 * MINUTE);
    const [holder] = replicas.filter(
      ({ runner }) =>
        runner.status().replicas?.owners.get('project:atlas/project-3') === runner.status().replicas?.me,
    );
    if (holder === undefined) throw new Error('nobody has the project');
    void holder.stop();
    await time.pass(20 * SECOND);
    endJob(world, job);
    await time.pass(10 * SECOND);
    expect(heardOn(world)).toEqual(['finished', 'started']);
    const [witness] = replicas.filter((replica) => replica !== holder);
    if (witness === undefined) throw new Error('nobody is left');
    expect(await auditedIn(witness, 'instance.gone')).toHaveLength(1);
    // Nothing is open there any more: it is nobody's, and forgotten.
    await time.pass(3 * MINUTE);
    expect(witness.runner.status().replicas?.owners.has('project:atlas/project-3')).toBe(false);
  });

  it('fails as a whole, and once, when nobody can read anything', async () => {
    const world = aSharedWorld();
    const { time, atlas } = world;
    const [a] = await threeOf(world);
    atlas.fault = AWAY;
    await time.pass(2 * MINUTE);
    expect(heardOn(world)).toEqual(['watch_failing']);
    expect(await toldIn(a)).toEqual([expect.not.stringContaining('"place"')]);
    atlas.fault = null;
    await time.pass(2 * MINUTE);
    expect(heardOn(world)).toEqual(['watch_failing', 'watch_recovered']);
  });

  it('tells of a project that cannot be read by itself, whoever has it, and of nothing else', async () => {
    const world = aSharedWorld();
    const { time, atlas } = world;
    const replicas = await threeOf(world);
    atlas.jobFaults.set('project-5', AWAY);
    await time.pass(MINUTE);
    expect(heardOn(world)).toEqual(['watch_failing']);
    const [holder] = replicas.filter(
      ({ runner }) =>
        runner.status().replicas?.owners.get('project:atlas/project-5') === runner.status().replicas?.me,
    );
    void holder?.stop();
    await time.pass(MINUTE);
    expect(heardOn(world)).toEqual(['watch_failing']);
    atlas.jobFaults.clear();
    await time.pass(2 * MINUTE);
    expect(heardOn(world)).toEqual(['watch_failing', 'watch_recovered']);
  });

  it('is told of project by project where one replica alone can read nothing', async () => {
    const world = aSharedWorld();
    const { time } = world;
    const [a, b] = await threeOf(world);
    const own = sharesSince(world, time.truth() - 5 * SECOND).b ?? 0;
    expect(own).toBeGreaterThan(0);
    b.road.fault = AWAY;
    await time.pass(2 * MINUTE);
    expect(heardOn(world)).toEqual(Array.from({ length: own }, () => 'watch_failing'));
    expect(await toldIn(a)).toEqual(
      Array.from({ length: own }, () => expect.stringContaining('"groupId":"project-')),
    );
    b.road.fault = null;
    await time.pass(2 * MINUTE);
    expect(heardOn(world).filter((name) => name === 'watch_recovered')).toHaveLength(own);
  });

  it('shares a project with a watch that names it: one unit, polled by one replica', async () => {
    const named = aWatch({
      name: 'named',
      kind: 'serverless',
      groupId: 'project-2',
      schedule: '* * * * * *',
    });
    const world = aSharedWorld({}, [named]);
    const { time } = world;
    const [a] = await threeOf(world);
    const settled = time.truth();
    await time.pass(20 * SECOND);
    expect(pollersOf(world, 'project-2', settled)).toHaveLength(1);
    const units = [...(a.runner.status().replicas?.owners.keys() ?? [])];
    expect(units.filter((unit) => unit.endsWith('/project-2'))).toEqual(['project:atlas/project-2']);
    expect(units).toContain('discovery:all');
  });

  it('says in its status how much of it this replica has, and who has the rest', async () => {
    const world = aSharedWorld();
    const { time } = world;
    const [a] = await threeOf(world);
    const { watches } = a.runner.status();
    const shares = sharesSince(world, time.truth() - 5 * SECOND);
    expect(watches).toMatchObject([
      { polledBy: null, share: { projects: shares.a, ofProjects: PROJECTS.length, others: ['b', 'c'] } },
    ]);
  });
});
