import { describe, expect, it } from 'vitest';
import type { Mute } from '../../src/domain/telling/mute.ts';
import { StoreError } from '../../src/errors.ts';
import { aJob, aMute, anEvent, anObservation, aWatch, HOUR, jobId, MINUTE } from '../support/builders.ts';
import { readingStore, recorded } from '../support/reading-store.ts';
import { aConfig, cli, NOW } from './harness.ts';

const ADD = ['mute', 'add', '--watch', 'orders', '--for', '2h', '--reason', 'migration'];

function muteOf(over: Partial<Mute> = {}): Mute {
  return aMute({ createdAt: NOW - HOUR, until: NOW + HOUR, ...over });
}

describe('mute add', () => {
  it('keeps the watch, the time, the reason and who asked for it', async () => {
    const store = readingStore();
    const { code, out } = await cli([...ADD, '--author', 'ann'], { store });
    expect(code).toBe(0);
    expect(store.content.mutes).toEqual([muteOf({ createdAt: NOW, until: NOW + 2 * HOUR })]);
    expect(out).toContain('Mute 1: orders muted until 2026-11-02 11:00:05Z by ann (migration).');
    expect(out).toContain('watch_failing is not muted');
    expect(store.isClosed).toBe(true);
  });

  it("takes the system's user for the author unless told, also behind sudo", async () => {
    const store = readingStore();
    await cli(ADD, { store });
    await cli(ADD, { store, env: { SUDO_USER: 'eve' }, parts: { systemUser: () => 'root' } });
    expect(store.content.mutes).toMatchObject([{ author: 'ann' }, { author: 'eve' }]);
  });

  it.each(['root', 'node', 'uid 10001'])('asks for the author where the system says %s', async (user) => {
    const store = readingStore({ mutes: [muteOf()] });
    for (const argv of [ADD, ['mute', 'remove', '1']]) {
      const { code, err } = await cli(argv, { store, parts: { systemUser: () => user } });
      expect(code).toBe(2);
      expect(err).toContain('--author');
    }
    expect(store.content.mutes).toEqual([muteOf()]);
  });

  it('covers a project, an instance, a target, a job in any form of its id, and labels', async () => {
    const observations = [anObservation(aJob([], { id: jobId(1) }))];
    const store = readingStore({ observations });
    const scope = [
      ...['--project', 'a*', '--instance', 'orders', '--target', 'copy-*', '--label', 'team=pay*'],
      ...['--label', 'env=prod', '--job', `${jobId(1).slice(0, 4)}...${jobId(1).slice(-4)}`],
    ];
    const argv = ['mute', 'add', ...scope, '--for', '1h', '--reason', 'r'];
    const { code, out } = await cli(argv, { store });
    expect(code).toBe(0);
    const named = { project: 'a*', instance: 'orders', target: 'copy-*', job: jobId(1) };
    expect(store.content.mutes).toMatchObject([
      { watch: '*', ...named, labels: { team: 'pay*', env: 'prod' }, until: NOW + HOUR },
    ]);
    expect(out).toContain(
      `Mute 1: project a*, instance orders, target copy-*, job ${jobId(1)}, label team=pay*, label env=prod muted`,
    );
  });

  it('warns of what fits nothing that is configured, and says what may be meant', async () => {
    const config = aConfig({ watches: [aWatch({ instanceName: 'orders-db' })] });
    const argv = ['mute', 'add', '--instance', 'order-db', '--for', '1h', '--reason', 'r'];
    const { code, err } = await cli(argv, { config, store: readingStore() });
    expect(code).toBe(0);
    expect(err).toContain('no watch that is configured has the instance "order-db"');
    expect(err).toContain('did you mean "orders-db"?');
  });

  it('warns of a target that no restore on record has, and of a job that nobody has seen', async () => {
    const observations = [anObservation(aJob([], { id: jobId(1), targetClusterName: 'orders-copy' }))];
    const store = readingStore({ observations });
    const of = (...scope: string[]) =>
      cli(['mute', 'add', ...scope, '--for', '1h', '--reason', 'r'], { store });
    const target = await of('--target', 'order-copy');
    expect(target).toMatchObject({ code: 0, err: expect.stringContaining('did you mean "orders-copy"?') });
    expect(target.err).toContain('none of the latest restores on record has the target "order-copy"');
    const job = await of('--job', jobId(7));
    expect(job).toMatchObject({ code: 0, err: expect.stringContaining('until one is seen') });
    expect(await of('--job', `${jobId(1).slice(0, 6)}*`)).toMatchObject({ code: 0, err: '' });
    expect(store.content.mutes).toHaveLength(3);
  });

  it('refuses what could never keep anything from anybody', async () => {
    const store = readingStore({ observations: [anObservation(aJob([], { id: jobId(1) }))] });
    const of = (...scope: string[]) =>
      cli(['mute', 'add', ...scope, '--for', '1h', '--reason', 'r'], { store });
    for (const id of ['7777', '7777…8888', '7777...8888']) {
      const { code, err } = await of('--job', id);
      expect({ id, code }).toEqual({ id, code: 2 });
      expect(err).toContain(`no restore job on record has the id ${id}`);
    }
    const event = await of('--job', jobId(1), '--event', 'watch_failing');
    expect(event).toMatchObject({ code: 2, err: expect.stringContaining('watch_failing is about no job') });
    expect(store.content.mutes).toEqual([]);
  });

  it('comes round with --every, and says when it is next in force', async () => {
    const store = readingStore();
    const argv = [...ADD, '--every', '0 0 2 * * 6', '--time-zone', 'Europe/Vienna'];
    const { out } = await cli(argv, { store });
    const recurs = { schedule: '0 0 2 * * 6', timeZone: 'Europe/Vienna', forMs: 2 * HOUR };
    expect(store.content.mutes).toMatchObject([{ until: null, recurs }]);
    expect(out).toContain('orders muted every "0 0 2 * * 6" (Europe/Vienna) for 2 h by ann (migration)');
    expect(out).toContain('next from 2026-11-07 01:00:00Z (in 4 d)');
    const listed = await cli(['mute', 'list'], { store });
    expect(listed.out).toContain('from 2026-11-07 01:00:00Z (in 4 d), every "0 0 2 * * 6"');
    const { json } = await cli(['mute', 'list', '--json'], { store });
    expect(json().items).toMatchObject([{ inForce: false, nextAt: '2026-11-07T01:00:00.000Z' }]);
  });

  it('takes several events, each once', async () => {
    const store = readingStore();
    const argv = [...ADD, '--event', 'failed', '--event', 'watch_failing', '--event', 'failed', '--json'];
    const { json, err } = await cli(argv, { store });
    expect(err).toBe('');
    expect(json()).toMatchObject({ id: 1, events: ['failed', 'watch_failing'], inForce: true });
  });

  it('takes a glob that fits a configured watch, and refuses one that fits none', async () => {
    const config = aConfig({ watches: [aWatch({ name: 'staging-a' }), aWatch({ name: 'prod' })] });
    const store = readingStore();
    const of = (watch: string) =>
      cli(['mute', 'add', '--watch', watch, '--for', '1d', '--reason', 'r'], { config, store });
    expect((await of('staging-*')).code).toBe(0);
    const refused = await of('stagin-*');
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('staging-a, prod');
    expect(store.content.mutes).toHaveLength(1);
  });

  it.each([
    ['no end', ['--watch', 'orders', '--reason', 'r'], '--for'],
    ['no reason', ['--watch', 'orders', '--for', '2h'], '--reason'],
    ['a blank reason', ['--watch', 'orders', '--for', '2h', '--reason', ' '], 'must not be empty'],
    ['a time that never ends', ['--watch', 'orders', '--for', '31d', '--reason', 'r'], '30d at most'],
    ['nothing to mute', ['--for', '2h', '--reason', 'r'], '--watch'],
    ['what is no cron expression', [...ADD.slice(2), '--every', 'saturdays'], '--every cannot be used'],
    ['what would never end', [...ADD.slice(2), '--every', '0 * * * *'], 'it would never end'],
    ['a zone that is none', [...ADD.slice(2), '--every', '0 2 * * 6', '--time-zone', 'Wien'], 'IANA'],
    ['a label without a value', ['--label', 'team', '--for', '2h', '--reason', 'r'], 'team=payments'],
    [
      'an event about a channel',
      ['--watch', '*', '--for', '2h', '--reason', 'r', '--event', 'channel_failing'],
      'Allowed choices are',
    ],
  ])('refuses %s', async (_case, argv, said) => {
    const { code, err } = await cli(['mute', 'add', ...argv], { store: readingStore() });
    expect(code).toBe(2);
    expect(err).toContain(said);
  });

  it('says so and fails while there is no database', async () => {
    const { code, err } = await cli(ADD);
    expect(code).toBe(1);
    expect(err).toContain('there is no database');
  });
});

describe('mute list', () => {
  const mutes = [
    muteOf({ until: NOW - MINUTE }),
    muteOf({ id: 2, removed: { at: NOW - MINUTE, by: 'bob' } }),
    muteOf({ id: 3, events: ['failed'], reason: 'a drill\u001b[2J' }),
  ];

  it('shows those in force, until when, by whom and why', async () => {
    const { code, out } = await cli(['mute', 'list'], { store: readingStore({ mutes }) });
    expect(code).toBe(0);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['ID', 'COVERS', 'EVENTS', 'UNTIL', 'BY', 'REASON'],
      ['3', 'orders', 'failed', '2026-11-02 10:00:05Z (in 1 h)', 'ann', 'a drill [2J'],
    ]);
  });

  it('shows those that are over when asked, and how they ended', async () => {
    const { out } = await cli(['mute', 'list', '--all'], { store: readingStore({ mutes }) });
    const [, third, second, first] = out.split('\n');
    expect(third).toContain('in force');
    expect(second).toContain('removed 2026-11-02 08:59:05Z by bob');
    expect(first).toMatch(/^1 +over /);
  });

  it('prints JSON', async () => {
    const { json } = await cli(['mute', 'list', '--all', '--json'], { store: readingStore({ mutes }) });
    expect(json().items).toMatchObject([
      { id: 3, events: ['failed'], inForce: true },
      { id: 2, inForce: false, removedBy: 'bob' },
      { id: 1, inForce: false, removedAt: null, until: new Date(NOW - MINUTE).toISOString() },
    ]);
  });

  it('says so when there is none', async () => {
    expect((await cli(['mute', 'list'], { store: readingStore() })).out).toBe('No mute is in force.\n');
  });
});

describe('mute remove', () => {
  it('ends the mute, and keeps who did it', async () => {
    const store = readingStore({ mutes: [muteOf()] });
    const { code, out } = await cli(['mute', 'remove', '1', '--author', 'bob'], { store });
    expect(code).toBe(0);
    expect(out).toContain('Mute 1 is over');
    expect(store.content.mutes).toMatchObject([{ removed: { at: NOW, by: 'bob' } }]);
  });

  it('fails when there is no such mute in force', async () => {
    const store = readingStore({ mutes: [muteOf({ until: NOW })] });
    const { code, err } = await cli(['mute', 'remove', '1'], { store });
    expect(code).toBe(1);
    expect(err).toContain('no mute 1 is in force');
  });

  it('refuses what is not an id', async () => {
    expect((await cli(['mute', 'remove', 'orders'], { store: readingStore() })).code).toBe(2);
  });
});

describe('a muted event', () => {
  it('is shown in the history with until when, by whom and why', async () => {
    const events = [recorded(anEvent('failed'), [], 'muted', muteOf())];
    const { out } = await cli(['history'], { store: readingStore({ events }) });
    expect(out).toContain('nobody was told: muted until 2026-11-02 10:00:05Z by ann (migration)');
    const { json } = await cli(['history', '--json'], { store: readingStore({ events }) });
    expect(json().items).toMatchObject([{ suppressed: 'muted', muteId: 1, deliveries: [] }]);
  });

  it('is foretold by "routes explain", with who would be told otherwise', async () => {
    const argv = ['routes', 'explain', '--event', 'failed', '--watch', 'orders'];
    const store = readingStore({ mutes: [muteOf()] });
    expect((await cli(argv, { store })).out).toContain(
      'Nobody is told: muted until 2026-11-02 10:00:05Z by ann (migration). It is recorded all the same\n(suppressed: muted). Without mute 1: siem',
    );
    expect((await cli([...argv, '--json'], { store })).json()).toMatchObject({
      channels: [],
      mute: { id: 1 },
    });
    const failing = argv.with(3, 'watch_failing');
    expect((await cli(failing, { store })).out).toContain('Told: siem');
  });

  it('leaves "routes explain" its answer when the store cannot be read, with a note', async () => {
    const store = readingStore();
    store.fault = new StoreError('unavailable', 'the disk is gone');
    const { code, out, err } = await cli(['routes', 'explain', '--event', 'failed', '--watch', 'orders'], {
      store,
    });
    expect(code).toBe(0);
    expect(out).toContain('Told: siem');
    expect(err).toContain('the disk is gone');
  });
});
