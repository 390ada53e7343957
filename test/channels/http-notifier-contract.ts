import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Notifier } from '../../src/channels/notifier.ts';
import { createUrlLimiter, type UrlLimiter } from '../../src/channels/rate-limiter.ts';
import type { Clock } from '../../src/clock.ts';
import type { DeliveryError, DeliveryReason } from '../../src/errors.ts';
import { type HttpSink, type SinkAnswer, startHttpSink } from '../support/http-sink.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
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

/** The pace of a receiver that counts messages by URL. */
export function describePace(
  kind: HttpKind<{ clock: Clock; limiter: UrlLimiter; channel?: string; url?: string }>,
): void {
  describe(`${kind.type}: its pace`, () => {
    let sink: HttpSink;
    let clock: ManualClock;
    let paced: { clock: Clock; limiter: UrlLimiter };
    beforeEach(async () => {
      sink = await startReceiver(kind);
      clock = createManualClock(NOW);
      paced = { clock, limiter: createUrlLimiter({ clock, intervalMs: 1_000 }) };
    });
    afterEach(() => sink.close());

    it('is one message a second, for all channels with the same URL together', async () => {
      const oncall = kind.notifierFor(sink, paced);
      const dba = kind.notifierFor(sink, { ...paced, channel: 'dba' });

      await oncall.send([aNotice()], never);
      await dba.send([aNotice()], never);
      await oncall.send([aNotice()], never);

      expect(sink.accepted).toHaveLength(3);
      expect(clock.monotonic()).toBe(2_000);
    });

    it('does not slow another URL', async () => {
      await kind.notifierFor(sink, paced).send([aNotice()], never);
      await kind.notifierFor(sink, { ...paced, url: `${sink.origin}/another` }).send([aNotice()], never);

      expect(clock.monotonic()).toBe(0);
    });

    it('is silence for as long as a 429 asks, and then goes on', async () => {
      const notifier = kind.notifierFor(sink, paced);
      sink.answer = { status: 429, headers: { 'retry-after': '30' } };
      await failureOf(notifier.send([aNotice()], never));
      sink.answer = kind.answers.accepts;
      clock.advance(10_000);

      const early = await failureOf(notifier.send([aNotice()], never));
      expect(early).toMatchObject({ reason: 'rate_limited', retryable: true, retryAfterMs: 20_000 });
      expect(sink.requests).toHaveLength(1);
      expectNoSecret(early, kind.secrets);

      clock.advance(20_000);
      await notifier.send([aNotice()], never);
      expect(sink.accepted).toHaveLength(1);
    });
  });
}
