import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Notice, Notifier } from '../../src/channels/notifier.ts';
import { createReceiverLimiter, type ReceiverLimiter } from '../../src/channels/receiver-limiter.ts';
import type { Clock } from '../../src/clock.ts';
import type { DeliveryError, DeliveryReason } from '../../src/errors.ts';
import { type HttpSink, type SinkAnswer, startHttpSink } from '../support/http-sink.ts';
import { createManualClock } from '../support/manual-clock.ts';
import {
  aNotice,
  describeNotifier,
  expectNoSecret,
  failureOf,
  type Mood,
  never,
} from './notifier-contract.ts';

/** Where the clock of a notifier stands unless it is given another one. */
export const NOW = Date.parse('2026-11-02T08:15:05Z');

/** How one kind of notifier over HTTP is set up. */
export interface HttpKind<Over> {
  type: string;
  /** What no error and no receipt may contain. */
  secrets: readonly string[];
  /** What its receiver says. */
  answers: Record<'accepts' | 'busy' | 'gone' | 'dislikes', SinkAnswer>;
  notifierFor: (sink: HttpSink, over?: Over) => Notifier;
  /** How many messages the receiver has accepted: one a request unless given. */
  accepted?: (sink: HttpSink) => number;
}

/** Starts a receiver that accepts, in the words of the kind. */
export async function startReceiver({ answers }: Pick<HttpKind<never>, 'answers'>): Promise<HttpSink> {
  const sink = await startHttpSink();
  sink.answer = answers.accepts;
  return sink;
}

/** What every notifier does, and what those over HTTP have in common besides. */
export function describeHttpNotifier(kind: HttpKind<{ timeoutMs?: number }>): void {
  const { accepted = (sink) => sink.accepted.length } = kind;
  const answers: Record<Exclude<Mood, 'away'>, SinkAnswer> = {
    ...kind.answers,
    resets: 'reset',
    hangs: 'hang',
  };
  describeNotifier(kind.type, async ({ timeoutMs }) => {
    const sink = await startReceiver(kind);
    const away = await startReceiver(kind);
    await away.close();
    let notifier = kind.notifierFor(sink, { timeoutMs });
    return {
      get notifier() {
        return notifier;
      },
      secrets: kind.secrets,
      become: async (mood) => {
        if (mood === 'away') notifier = kind.notifierFor(away);
        else sink.answer = answers[mood];
      },
      reached: () => sink.received(1),
      accepted: () => accepted(sink),
      close: sink.close,
    };
  });
  describeAnswers(kind);
}

function describeAnswers(kind: HttpKind<{ timeoutMs?: number }>): void {
  describe(`${kind.type}: what HTTP answers mean`, () => {
    let sink: HttpSink;
    let notifier: Notifier;
    beforeEach(async () => {
      sink = await startReceiver(kind);
      notifier = kind.notifierFor(sink);
    });
    afterEach(async () => {
      await notifier.close();
      await sink.close();
    });
    const failWith = (answer: SinkAnswer): Promise<DeliveryError> => {
      sink.answer = answer;
      return failureOf(notifier.send([aNotice()], never));
    };

    it.each<[number, DeliveryReason, boolean]>([
      [301, 'refused', false],
      [302, 'refused', false],
      [304, 'refused', false],
      [307, 'refused', false],
      [308, 'refused', false],
      [400, 'rejected', false],
      [401, 'refused', false],
      [403, 'refused', false],
      [404, 'refused', false],
      [405, 'rejected', false],
      [407, 'unavailable', true],
      [408, 'unavailable', true],
      [410, 'refused', false],
      [413, 'rejected', false],
      [422, 'rejected', false],
      [429, 'rate_limited', true],
      [500, 'unavailable', true],
      [502, 'unavailable', true],
      [503, 'unavailable', true],
      [504, 'unavailable', true],
      [599, 'unavailable', true],
    ])('%i is %s, retryable: %s', async (status, reason, retryable) => {
      const error = await failWith({ status });

      expect(error).toMatchObject({ reason, retryable, status });
      expect(error.message).toContain(String(status));
    });

    it('does not follow a redirect, and says what to do', async () => {
      const elsewhere = `${sink.origin}/elsewhere`;
      const error = await failWith({ status: 307, headers: { location: elsewhere } });

      expect(sink.requests).toHaveLength(1);
      expect(error.hint).toMatch(/final address/);
    });

    it.each([
      ['seconds', '17', 17_000],
      ['an HTTP date', 'Mon, 02 Nov 2026 08:16:05 GMT', 60_000],
      ['a date that has passed', 'Mon, 02 Nov 2026 08:00:00 GMT', 0],
      ['nonsense', 'soon', undefined],
      ['a negative number', '-5', undefined],
      ['an absurd number', '9'.repeat(30), 7 * 24 * 3_600_000],
    ])('takes Retry-After as %s', async (_what, value, retryAfterMs) => {
      const error = await failWith({ status: 429, headers: { 'retry-after': value } });

      expect(error.retryAfterMs).toBe(retryAfterMs);
    });

    it('takes Retry-After with a 503 as well', async () => {
      const error = await failWith({ status: 503, headers: { 'retry-after': '3' } });

      expect(error.retryAfterMs).toBe(3_000);
    });

    it('does not wait for a final answer to change', async () => {
      const error = await failWith({ status: 404, headers: { 'retry-after': '3' } });

      expect(error.retryAfterMs).toBeUndefined();
    });

    it('quotes the beginning of what the receiver says, on one line and without secrets or links', async () => {
      const body = `bad\r\nthing at https://example.com/x?y: ${kind.secrets.join(' ')} ${'z'.repeat(50_000)}`;
      const error = await failWith({ status: 400, body });

      expect(error.message).toContain('bad thing at [link]');
      expect(error.message.length).toBeLessThan(300);
      expectNoSecret(error, kind.secrets);
    });
  });
}

/** What a notifier whose receiver counts our requests is made with. */
type Paced = { clock: Clock; limiter: ReceiverLimiter; channel?: string; url?: string };

/** A receiver on stage, with a clock that the test owns. */
function pacedStage(kind: HttpKind<Paced>) {
  const stage = {
    sink: null as unknown as HttpSink,
    clock: createManualClock(NOW),
    make: (over: Partial<Paced> = {}) => kind.notifierFor(stage.sink, { ...stage.paced, ...over }),
    paced: null as unknown as Pick<Paced, 'clock' | 'limiter'>,
  };
  beforeEach(async () => {
    stage.sink = await startReceiver(kind);
    const clock = createManualClock(NOW);
    stage.clock = clock;
    stage.paced = { clock, limiter: createReceiverLimiter(clock) };
  });
  afterEach(() => stage.sink.close());
  return stage;
}

/** The pace of a chat. */
export function describePace(kind: HttpKind<Paced>): void {
  describe(`${kind.type}: its pace`, () => {
    const stage = pacedStage(kind);

    it('is one message a second, for all channels with the same URL together', async () => {
      const oncall = stage.make();
      const dba = stage.make({ channel: 'dba' });

      await oncall.send([aNotice()], never);
      await dba.send([aNotice()], never);
      await oncall.send([aNotice()], never);

      expect(stage.sink.accepted).toHaveLength(3);
      expect(stage.clock.monotonic()).toBe(2_000);
    });

    it('does not slow another URL', async () => {
      await stage.make().send([aNotice()], never);
      await stage.make({ url: `${stage.sink.origin}/another` }).send([aNotice()], never);

      expect(stage.clock.monotonic()).toBe(0);
    });
  });
}

/** How a receiver that asks for silence is left alone. */
export function describeSilence(kind: HttpKind<Paced>): void {
  const { accepted = (sink: HttpSink) => sink.accepted.length } = kind;
  describe(`${kind.type}: the silence that it asks for`, () => {
    const stage = pacedStage(kind);
    const refuseWith = async (status: number, retryAfter: string | null, notifier = stage.make()) => {
      const before = stage.sink.requests.length;
      stage.sink.answer = { status, headers: retryAfter === null ? {} : { 'retry-after': retryAfter } };
      await failureOf(notifier.send([aNotice()], never));
      stage.sink.answer = kind.answers.accepts;
      expect(stage.sink.requests).toHaveLength(before + 1);
      return notifier;
    };
    const asks = async (notifier: Notifier, notice: Notice = aNotice()): Promise<boolean> => {
      const before = stage.sink.requests.length;
      await notifier.send([notice], never).catch(() => undefined);
      return stage.sink.requests.length > before;
    };

    it.each([429, 503])('is kept after a %i, is no attempt, and then it goes on', async (status) => {
      const notifier = await refuseWith(status, '30');
      expect(notifier.pausedMs?.()).toBe(30_000);
      stage.clock.advance(10_000);

      const early = await failureOf(notifier.send([aNotice()], never));
      expect(early).toMatchObject({ reason: 'rate_limited', retryable: true, wasTried: false });
      expect(early).toMatchObject({ retryAfterMs: 20_000, message: expect.stringContaining('20 s') });
      expect(stage.sink.requests).toHaveLength(1);
      expectNoSecret(early, kind.secrets);

      stage.clock.advance(20_000);
      expect(notifier.pausedMs?.()).toBe(0);
      await notifier.send([aNotice()], never);
      expect(accepted(stage.sink)).toBe(1);
    });

    it('is kept by every channel with the same receiver, also by one made anew', async () => {
      await refuseWith(429, '30');

      expect(await asks(stage.make({ channel: 'dba' }))).toBe(false);
      expect(await asks(stage.make({ url: `${stage.sink.origin}/another` }))).toBe(true);
    });

    it('keeps nothing back that somebody wants tried now, and ends when that is accepted', async () => {
      const notifier = await refuseWith(429, '30');
      expect(await asks(notifier)).toBe(false);
      stage.clock.advance(1);

      await notifier.send([{ ...aNotice(), isUrgent: true }], never);

      expect(notifier.pausedMs?.()).toBe(0);
      expect(await asks(notifier)).toBe(true);
    });

    it.each([
      ['300', true],
      ['301', false],
      ['90000', false],
      ['9'.repeat(30), false],
      ['Mon, 02 Nov 2026 08:20:05 GMT', true],
      ['Mon, 02 Nov 2026 08:20:06 GMT', false],
      ['Mon, 02 Nov 2026 08:00:00 GMT', false],
      ['Thu, 01 Jan 1970 00:00:00 GMT', true],
      ['0', false],
      ['soon', true],
    ])('of %s is kept by the whole channel: %s', async (retryAfter, isKept) => {
      const notifier = await refuseWith(429, retryAfter);

      expect(notifier.pausedMs?.()).toBeLessThanOrEqual(300_000);
      expect(await asks(notifier)).toBe(!isKept);
    });

    it('is a few seconds after a 429 that names no time, and none after a 503', async () => {
      expect((await refuseWith(503, null)).pausedMs?.()).toBe(0);
      expect((await refuseWith(429, null)).pausedMs?.()).toBe(5_000);
    });

    it('comes between tries further and further apart when it is unbelievably long again and again', async () => {
      const notifier = stage.make();
      const pauses: unknown[] = [];
      for (let times = 0; times < 6; times += 1) {
        await refuseWith(429, '90000', notifier);
        const pausedMs = notifier.pausedMs?.() ?? 0;
        pauses.push(pausedMs);
        stage.clock.advance(pausedMs);
      }
      expect(pauses).toEqual([0, 5_000, 30_000, 120_000, 300_000, 300_000]);

      stage.clock.advance(1);
      await notifier.send([aNotice()], never);
      await refuseWith(429, '90000', notifier);
      expect(notifier.pausedMs?.()).toBe(0);
    });
  });
}
