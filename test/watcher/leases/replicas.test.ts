import { describe, expect, it } from 'vitest';
import type { AuditDraft } from '../../../src/domain/audit.ts';
import { aJob, jobId } from '../../support/builders.ts';
import { aReplicaWorld, PROJECTS, type ReplicaWorld } from './replica-world.ts';

const SECOND = 1_000;

/** Begin the names of methods that only read. */
const READS =
  /^(read|list|last|count|next|failing|given|alert|has|find|followed|watched|audit|mirrored|estates|found)/;
const UNFENCED = [
  'noteCoverage',
  'checkWritable',
  'end',
  'join',
  'leave',
  'noteSuccesses',
  'recordAudit',
  'release',
];

/** Which replicas have polled a project since then. */
function pollersOf({ polls }: ReplicaWorld, groupId: string, since: number): string[] {
  return [
    ...new Set(
      polls.filter((poll) => poll.groupId === groupId && poll.at >= since).map(({ replica }) => replica),
    ),
  ];
}

/** The longest time for which a project was not polled, from one time to another. */
function longestGapMs({ polls, time }: ReplicaWorld, groupId: string, since: number): number {
  const times = polls.filter((poll) => poll.groupId === groupId && poll.at >= since).map(({ at }) => at);
  const all = [since, ...times, time.truth()];
  return Math.max(...all.slice(1).map((at, index) => at - (all[index] ?? at)));
}

describe('replicas over one store', () => {
  it('share the watches and the channels, and tell each event once', async () => {
    const world = aReplicaWorld();
    const { time, atlas } = world;
    await world.start('a');
    await world.start('b');
    await time.pass(20 * SECOND);
    const settled = time.truth();
    for (let second = 0; second < 10; second += 1) {
      atlas.jobs.push(aJob([], { id: jobId(second + 1, time.now()), createdAt: time.now() }));
      await time.pass(SECOND);
    }
    await time.pass(10 * SECOND);
    for (const project of PROJECTS) expect(pollersOf(world, project, settled)).toHaveLength(1);
    expect(new Set(PROJECTS.flatMap((project) => pollersOf(world, project, settled)))).toEqual(
      new Set(['a', 'b']),
    );
    const told = world.heard().map(({ channel, eventId }) => `${channel} ${eventId}`);
    expect(told).toHaveLength(10 * PROJECTS.length * 3);
    expect(new Set(told).size).toBe(told.length);
  });

  it('write nothing without a lease but what is true whoever else is at work', async () => {
    const world = aReplicaWorld();
    const { time, atlas } = world;
    const replicas = [await world.start('a'), await world.start('b')];
    await time.pass(20 * SECOND);
    atlas.jobs.push(aJob([], { id: jobId(1, time.now()), createdAt: time.now() }));
    time.step(3_600 * SECOND);
    await time.pass(60 * SECOND);
    const stopping = replicas[1]?.stop();
    await time.pass(5 * SECOND);
    await stopping;
    const unfenced = replicas.flatMap(({ link }) => link.unfenced);
    const writers = new Set(unfenced.map(({ method }) => method).filter((method) => !READS.test(method)));
    // Successes only grow; `checkWritable` leaves no trace; entries tell of the process itself.
    expect([...writers].toSorted()).toEqual(['beat', ...UNFENCED].toSorted());
    const entries = unfenced.filter(({ method }) => method === 'recordAudit').flatMap(({ args }) => args[0]);
    const kinds = new Set((entries as AuditDraft[]).map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(['daemon.started', 'config.loaded', 'daemon.stopped']));
  });

  it('have one of them sign the audit log, under its lease, and another one when that stops', async () => {
    const world = aReplicaWorld();
    const { time, signers } = world;
    const replicas = [await world.start('a'), await world.start('b')];
    await time.pass(20 * SECOND);
    expect(signers.size).toBe(1);
    const [first] = signers;
    const stopping = replicas.find(({ name }) => name === first)?.stop();
    await time.pass(5 * SECOND);
    await stopping;
    const heir = replicas.find(({ name }) => name !== first);
    expect([...signers]).toEqual([heir?.name]);
    expect((await heir?.store.lastCheckpoint())?.last?.note).toBe(`begun by ${heir?.name}`);
    expect(replicas.flatMap(({ link }) => link.unfenced.map(({ method }) => method))).not.toContain(
      'recordCheckpoint',
    );
  });

  it('give a replica that joins its share, and leave no watch unpolled for longer than a period', async () => {
    const world = aReplicaWorld();
    const { time } = world;
    await world.start('a');
    await time.pass(15 * SECOND);
    const before = time.truth();
    await world.start('b');
    await world.start('c');
    await time.pass(30 * SECOND);
    for (const project of PROJECTS) {
      expect(longestGapMs(world, project, before)).toBeLessThanOrEqual(2 * SECOND);
      expect(pollersOf(world, project, time.truth() - 5 * SECOND)).toHaveLength(1);
    }
    const pollers = new Set(PROJECTS.flatMap((project) => pollersOf(world, project, time.truth() - 5_000)));
    expect(pollers.size).toBeGreaterThan(1);
  });

  it('take over within two seconds what one that stops has had', async () => {
    const world = aReplicaWorld();
    const { time } = world;
    const a = await world.start('a');
    await time.pass(SECOND);
    await world.start('b');
    await time.pass(3 * SECOND);
    const before = time.truth();
    void a.stop();
    await time.pass(10 * SECOND);
    for (const project of PROJECTS) {
      expect(pollersOf(world, project, before + 2 * SECOND)).toEqual(['b']);
      expect(longestGapMs(world, project, before)).toBeLessThanOrEqual(2 * SECOND);
    }
  });

  it('do nothing any more when they are cut off from the store, and others take over within 20 s', async () => {
    const world = aReplicaWorld();
    const { time, atlas } = world;
    const a = await world.start('a');
    await time.pass(SECOND);
    await world.start('b');
    await time.pass(3 * SECOND);
    const cutAt = time.truth();
    a.link.isCutOff = true;
    await time.pass(15 * SECOND);
    const stoppedAt = time.truth();
    atlas.jobs.push(aJob([], { id: jobId(1, time.now()), createdAt: time.now() }));
    await time.pass(15 * SECOND);
    for (const project of PROJECTS) {
      expect(pollersOf(world, project, stoppedAt)).toEqual(['b']);
      expect(longestGapMs(world, project, cutAt)).toBeLessThanOrEqual(20 * SECOND);
    }
    a.link.isCutOff = false;
    await time.pass(30 * SECOND);
    const told = world.heard().map(({ channel, eventId }) => `${channel} ${eventId}`);
    expect(told).toHaveLength(PROJECTS.length * 3);
    expect(new Set(told).size).toBe(told.length);
    // It works again: it has its share.
    expect(PROJECTS.flatMap((project) => pollersOf(world, project, time.truth() - 5_000))).toContain('a');
  });
});
