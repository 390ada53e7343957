import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Notice, Notifier } from '../../src/channels/notifier.ts';
import { DeliveryError, type DeliveryReason } from '../../src/errors.ts';
import { anEvent } from '../support/builders.ts';
import type { HttpSink, SinkAnswer } from '../support/http-sink.ts';

/** What a receiver can do to a notifier. */
export type Mood = 'accepts' | 'busy' | 'gone' | 'dislikes' | 'resets' | 'hangs' | 'away';

/** One notifier and the receiver it talks to, on loopback. */
export interface Stage {
  notifier: Notifier;
  /** What no error and no receipt may contain. */
  secrets: readonly string[];
  become(mood: Mood): Promise<void>;
  /** Resolves when the notifier has turned to the receiver. */
  reached(): Promise<void>;
  /** How many messages were accepted. */
  accepted(): number;
  close(): Promise<void>;
}

/** Too long to be reached by anything that answers; short enough to wait for what does not. */
const PATIENT_MS = 20_000;
const SHORT_MS = 200;

export const never = new AbortController().signal;

export function aNotice(
  over: Parameters<typeof anEvent>[1] = {},
  name: Parameters<typeof anEvent>[0] = 'failed',
) {
  const event = anEvent(name, over);
  return { deliveryId: `${event.id}:oncall`, event } satisfies Notice;
}

/** What every notifier does, whatever it speaks. `open` must give it the time-out. */
export function describeNotifier(
  type: string,
  open: (options: { timeoutMs: number }) => Promise<Stage>,
): void {
  describe(`${type}: what every notifier does`, () => {
    let stage: Stage;
    beforeEach(async () => {
      stage = await open({ timeoutMs: PATIENT_MS });
    });
    afterEach(async () => {
      await stage.notifier.close();
      await stage.close();
    });

    it('says who it is and how much it takes at once', () => {
      expect(stage.notifier).toMatchObject({ channel: expect.any(String), type });
      expect(stage.notifier.maxBatch).toBeGreaterThanOrEqual(1);
      expect(stage.notifier.concurrency).toBeGreaterThanOrEqual(1);
    });

    it('gives a receipt when the receiver accepts', async () => {
      const receipt = await stage.notifier.send([aNotice()], never);

      expect(receipt.detail).not.toBe('');
      expect(stage.accepted()).toBe(1);
      expectNoSecret(receipt, stage.secrets);
    });

    it.each<[Mood, DeliveryReason, boolean]>([
      ['busy', 'unavailable', true],
      ['resets', 'unavailable', true],
      ['away', 'unavailable', true],
      ['gone', 'refused', false],
      ['dislikes', 'rejected', false],
    ])(
      'classifies a receiver that %s as %s, retryable: %s, without telling a secret',
      async (mood, reason, retryable) => {
        await stage.become(mood);

        const error = await failureOf(stage.notifier.send([aNotice()], never));

        expect(error).toBeInstanceOf(DeliveryError);
        expect(error).toMatchObject({ reason, retryable });
        expect(stage.accepted()).toBe(0);
        expectNoSecret(error, stage.secrets);
      },
    );

    it('gives up waiting for a receiver that hangs, and leaves the delivery to be tried again', async () => {
      const short = await open({ timeoutMs: SHORT_MS });
      await short.become('hangs');

      const error = await failureOf(short.notifier.send([aNotice()], never));
      await short.close();

      expect(error).toMatchObject({ reason: 'timeout', retryable: true });
      expect(error.message).not.toMatch(/stopped before/);
      expectNoSecret(error, short.secrets);
    });

    it('works again once the receiver does', async () => {
      await stage.become('busy');
      await failureOf(stage.notifier.send([aNotice()], never));
      await stage.become('accepts');

      await stage.notifier.send([aNotice()], never);

      expect(stage.accepted()).toBe(1);
    });

    it('stops waiting when it is aborted, and leaves the delivery to be tried again', async () => {
      const stop = new AbortController();
      await stage.become('hangs');
      const failure = failureOf(stage.notifier.send([aNotice()], stop.signal));
      await stage.reached();

      stop.abort(new Error('shutting down'));

      const error = await failure;
      expect(error).toMatchObject({ reason: 'timeout', retryable: true });
      expect(error.message).toMatch(/stopped before/);
    });

    it('sends nothing when it was aborted before', async () => {
      const error = await failureOf(stage.notifier.send([aNotice()], AbortSignal.abort()));

      expect(error).toMatchObject({ reason: 'timeout', retryable: true });
      expect(stage.accepted()).toBe(0);
    });

    it('can be closed twice', async () => {
      await stage.notifier.close();
      await expect(stage.notifier.close()).resolves.toBeUndefined();
    });
  });
}

/** What the notifiers over HTTP have in common besides. `now` is where their clock stands. */
export function describeHttpNotifier(
  type: string,
  open: () => Promise<{ notifier: Notifier; sink: HttpSink; secrets: readonly string[]; now: number }>,
): void {
  describe(`${type}: what HTTP answers mean`, () => {
    let stage: Awaited<ReturnType<typeof open>>;
    beforeEach(async () => {
      stage = await open();
    });
    afterEach(async () => {
      await stage.notifier.close();
      await stage.sink.close();
    });
    const failWith = (answer: SinkAnswer): Promise<DeliveryError> => {
      stage.sink.answer = answer;
      return failureOf(stage.notifier.send([aNotice()], never));
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
      const elsewhere = `${stage.sink.origin}/elsewhere`;
      const error = await failWith({ status: 307, headers: { location: elsewhere } });

      expect(stage.sink.requests).toHaveLength(1);
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
      expect(stage.now).toBe(Date.parse('2026-11-02T08:15:05Z'));

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
      const body = `bad\r\nthing at https://example.com/x?y: ${stage.secrets.join(' ')} ${'z'.repeat(50_000)}`;
      const error = await failWith({ status: 400, body });

      expect(error.message).toContain('bad thing at [link]');
      expect(error.message.length).toBeLessThan(300);
      expectNoSecret(error, stage.secrets);
    });
  });
}

export async function failureOf(sending: Promise<unknown>): Promise<DeliveryError> {
  const error = await sending.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DeliveryError);
  return error as DeliveryError;
}

/** Looks where a logger, a debugger or a crash report would: everything that can be reached from the value. */
export function expectNoSecret(value: unknown, secrets: readonly string[]): void {
  expect(secrets.length).toBeGreaterThan(0);
  const views: string[] = [
    inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, maxStringLength: null }),
    JSON.stringify(value, (_key, nested: unknown) =>
      nested instanceof Error
        ? { ...nested, message: nested.message, stack: nested.stack, cause: nested.cause }
        : nested,
    ),
  ];
  for (const secret of secrets) {
    for (const view of views) expect(view).not.toContain(secret);
  }
}
