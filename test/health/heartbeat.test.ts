import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { conditionOf, type Heartbeat, startHeartbeat } from '../../src/health/heartbeat.ts';
import type { WatcherStatus } from '../../src/watcher/status.ts';
import { MINUTE, T0 } from '../support/builders.ts';
import { type HttpSink, startHttpSink } from '../support/http-sink.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { AUTH_FAULT, aWatcherStatus, aWatchStatus, DISK_FULL } from '../support/statuses.ts';
import { createSteppingClock, type SteppingClock } from '../support/stepping-clock.ts';

const WELL = aWatcherStatus();
const BLIND = aWatcherStatus({ watches: [aWatchStatus({ sinceSuccessMs: 3 * MINUTE, fault: AUTH_FAULT })] });
const FAILING = aWatcherStatus({
  channels: [
    { channel: 'oncall', failing: { since: T0, detail: 'HTTP 500' }, waitsForMs: null, sentBy: null },
  ],
});

const goodStore = {
  lastCheckpoint: async () => ({ key: null, last: { at: '', size: 1, note: 'a note\n' } }),
  checkWritable: async () => {},
  nextDueAt: async () => null,
  failingChannels: async () => new Map(),
  givenUpSince: async () => new Map(),
};

describe('the condition that a heartbeat tells of', () => {
  const clock = createManualClock(T0);
  const of = (status: WatcherStatus, store: Partial<typeof goodStore> | object = {}) =>
    conditionOf({ status: () => status, store: { ...goodStore, ...store }, clock });
  const ofOncall = {
    ...WELL,
    channels: [{ channel: 'oncall', failing: null, waitsForMs: null, sentBy: null }],
  };

  it('is well when every watch is polled in time, nothing fails and the store can be written', async () => {
    expect(await of(WELL)).toEqual({ kind: 'well' });
    expect(await of(ofOncall, { nextDueAt: async () => T0 - 10 * MINUTE + 1 })).toEqual({ kind: 'well' });
  });

  it.each([
    ['a watch is blind', BLIND, {}, '3 min ago: Atlas refuses'],
    ['a watch could not be polled even once', withFirstFault(), {}, 'not polled yet'],
    ['a channel fails', FAILING, {}, 'channel oncall fails'],
    ['the loop hangs', aWatcherStatus({ sinceHeartbeatMs: 90_000 }), {}, 'has done nothing for'],
    ['a watch has missed polls', withMissedPolls(), {}, 'stood still'],
    ['a changed channel does not come to deliver', withWaitingChannel(91_000), {}, 'is not in use yet'],
    ['the last write failed', aWatcherStatus({ storeFault: DISK_FULL }), {}, 'disk is full'],
    ['the store cannot be written', WELL, { checkWritable: () => reject('read-only') }, 'read-only'],
    [
      'nothing is tried of what is due',
      ofOncall,
      { nextDueAt: async () => T0 - 10 * MINUTE },
      'channel oncall: nothing was tried',
    ],
    ['the outbox cannot be read', ofOncall, { nextDueAt: () => reject('locked') }, 'locked'],
  ])('is ill when %s', async (_, status, store, says) => {
    expect(await of(status, store)).toEqual({ kind: 'ill', reasons: [expect.stringContaining(says)] });
  });

  it('is neither while the first polls, or the last send of a channel that has changed, are under way', async () => {
    const young = aWatchStatus({ lastAttemptAt: null, lastSuccessAt: null, sinceSuccessMs: 1_000 });
    expect(await of(aWatcherStatus({ watches: [young, aWatchStatus()] }))).toEqual({ kind: 'starting' });
    expect(await of(withWaitingChannel(60_000))).toEqual({ kind: 'starting' });
    const late = { ...young, sinceSuccessMs: young.dueWithinMs + 1 };
    expect(await of(aWatcherStatus({ watches: [late] }))).toMatchObject({ kind: 'ill' });
  });
});

function withFirstFault(): WatcherStatus {
  return aWatcherStatus({ watches: [aWatchStatus({ lastSuccessAt: null, fault: AUTH_FAULT })] });
}

function withWaitingChannel(waitsForMs: number): WatcherStatus {
  return aWatcherStatus({ channels: [{ channel: 'oncall', failing: null, waitsForMs, sentBy: null }] });
}

function withMissedPolls(): WatcherStatus {
  return aWatcherStatus({ watches: [aWatchStatus({ hasMissedPolls: true })] });
}

function reject(message: string): Promise<never> {
  return Promise.reject(new Error(message));
}

describe('the heartbeat', () => {
  let sink: HttpSink;
  let clock: SteppingClock;
  let status: WatcherStatus;
  let heartbeat: Heartbeat | null;
  const logger = createRecordingLogger();

  beforeEach(async () => {
    sink = await startHttpSink();
    clock = createSteppingClock(T0);
    status = WELL;
    heartbeat = null;
    logger.lines.length = 0;
  });
  afterEach(async () => {
    await heartbeat?.stop();
    await sink.close();
  });

  function start(
    over: {
      failUrl?: string;
      everyMs?: number;
      url?: string;
      checkpoint?: boolean;
      store?: typeof goodStore;
    } = {},
  ): void {
    heartbeat = startHeartbeat({
      url: `${sink.origin}/secret-beat`,
      failUrl: null,
      caFile: null,
      checkpoint: false,
      everyMs: MINUTE,
      status: () => status,
      store: goodStore,
      clock,
      logger,
      ...over,
    });
  }

  /** Lets time go on, and whatever is called then be answered. */
  async function live(ms: number): Promise<void> {
    await clock.step(ms);
    await expect.poll(() => clock.sleepers()).toBe(1);
  }
  const asked = () => sink.requests.map(({ method, path }) => `${method} ${path}`);
  const told = () => logger.lines.map(({ message }) => message);

  it('sends the last checkpoint along where that is asked for, and goes on without one that cannot be read', async () => {
    start({ checkpoint: true });
    await live(MINUTE);
    expect(sink.requests).toMatchObject([
      { method: 'POST', body: 'a note\n', headers: { 'content-type': 'text/plain; charset=utf-8' } },
    ]);
    await heartbeat?.stop();
    start({ checkpoint: true, store: { ...goodStore, lastCheckpoint: () => reject('locked') } });
    await live(MINUTE);
    expect(asked()).toEqual(['POST /secret-beat', 'GET /secret-beat']);
  });

  it('goes out once in every period, from one period after the start', async () => {
    start();
    await live(MINUTE - 1);
    expect(asked()).toEqual([]);
    await live(1);
    expect(asked()).toEqual(['GET /secret-beat']);
    await live(MINUTE);
    expect(asked()).toHaveLength(2);
    expect(told()).toEqual([]);
  });

  it('stops while something is wrong, says once why, and goes out again afterwards', async () => {
    start();
    status = BLIND;
    await live(MINUTE);
    await live(MINUTE);
    expect(asked()).toEqual([]);
    expect(logger.lines).toHaveLength(1);
    expect(logger.lines[0]).toMatchObject({
      level: 'warn',
      message: 'No heartbeat is sent, because something is wrong',
      fields: { reasons: [expect.stringContaining('watch orders')] },
    });
    status = WELL;
    await live(MINUTE);
    expect(asked()).toEqual(['GET /secret-beat']);
    expect(told()[1]).toBe('The heartbeat is sent again');
  });

  it('calls the other address while something is wrong, where there is one', async () => {
    start({ failUrl: `${sink.origin}/secret-beat/fail` });
    status = FAILING;
    await live(MINUTE);
    status = WELL;
    await live(MINUTE);
    expect(asked()).toEqual(['GET /secret-beat/fail', 'GET /secret-beat']);
  });

  it.each([
    ['refuses', { status: 404 }, 'HTTP 404'],
    ['leads elsewhere', { status: 302, headers: { location: '/elsewhere' } }, 'HTTP 302'],
    ['hangs up', 'reset', 'it cannot be reached (ECONNRESET)'],
  ] as const)(
    'is tried again sooner when its receiver %s, which is told once and without its address',
    async (_, answer, says) => {
      start({ everyMs: 10 * MINUTE });
      sink.answer = answer;
      await live(10 * MINUTE);
      await live(MINUTE / 2);
      expect(asked()).toEqual(['GET /secret-beat', 'GET /secret-beat']);
      expect(told()).toEqual([`The heartbeat is not received: ${says}`]);
      expect(JSON.stringify(logger.lines)).not.toContain('secret-beat');

      sink.answer = { status: 200 };
      await live(MINUTE / 2);
      expect(told()[1]).toBe('The heartbeat is received again');
      await live(10 * MINUTE - 1);
      expect(asked()).toHaveLength(3);
    },
  );

  it.each([
    ['OK (not found)', 'HTTP 200: OK (not found)'],
    ['{"ok":false,"msg":"no beat at secret-beat"}', 'HTTP 200: it says that it has not taken it'],
    ['<!doctype html><title>Sign in</title>', 'HTTP 200: a page'],
  ])('is told of when it is answered with %s, and is not called sooner', async (body, says) => {
    start();
    sink.answer = { status: 200, body };
    await live(MINUTE);
    await live(MINUTE - 1);
    expect(asked()).toHaveLength(1);
    expect(told()).toEqual([`The heartbeat is answered, and most likely not noted: ${says}`]);
    expect(JSON.stringify(logger.lines)).not.toContain('secret-beat');
    expect(heartbeat?.fault()).toEqual({
      kind: 'doubtful',
      detail: says,
      hint: expect.any(String),
      since: T0 + MINUTE,
    });
  });

  it('has the same fault since its first refusal, until it is taken', async () => {
    start();
    expect(heartbeat?.fault()).toBeNull();
    sink.answer = { status: 404 };
    await live(MINUTE);
    sink.answer = { status: 503 };
    await live(MINUTE / 2);
    expect(heartbeat?.fault()).toMatchObject({ kind: 'refused', detail: 'HTTP 503', since: T0 + MINUTE });
    // Nothing new is known of a receiver that is not called.
    status = BLIND;
    await live(MINUTE);
    expect(heartbeat?.fault()).toMatchObject({ detail: 'HTTP 503' });
    status = WELL;
    sink.answer = { status: 200 };
    await live(MINUTE);
    expect(heartbeat?.fault()).toBeNull();
  });

  it('ends at once although its receiver hangs', async () => {
    start();
    sink.answer = 'hang';
    await clock.step(MINUTE);
    await sink.received(1);
    await heartbeat?.stop();
    expect(told()).toEqual([]);
    await clock.step(10 * MINUTE);
    expect(asked()).toHaveLength(1);
  });
});
