import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { Mute } from '../../src/domain/telling/mute.ts';
import { StoreError } from '../../src/errors.ts';
import { aMute, anEvent, aWatch, HOUR, MINUTE } from '../support/builders.ts';
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

  it("takes the system's user for the author unless told", async () => {
    const store = readingStore();
    await cli(ADD, { store });
    expect(store.content.mutes).toMatchObject([{ author: userInfo().username }]);
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
    ['no watch', ['--for', '2h', '--reason', 'r'], '--watch'],
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
      ['ID', 'WATCH', 'EVENTS', 'UNTIL', 'BY', 'REASON'],
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
