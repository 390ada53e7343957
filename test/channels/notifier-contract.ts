import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Notice, Notifier } from '../../src/channels/notifier.ts';
import { DeliveryError, type DeliveryReason } from '../../src/errors.ts';
import { anEvent } from '../support/builders.ts';

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

    it('shows what it would send, without a secret, and turns to nobody', async () => {
      const notice = aNotice();
      const { content, text } = await stage.notifier.preview([notice]);
      for (const shown of [JSON.stringify(content), text]) {
        expect(shown).toContain(notice.event.summary);
        for (const secret of stage.secrets) expect(shown).not.toContain(secret);
      }
      expect(stage.accepted()).toBe(0);
    });

    it('gives a receipt when the receiver accepts', async () => {
      const receipt = await stage.notifier.send([aNotice()], never);

      expect(receipt.detail).not.toBe('');
      expect(stage.accepted()).toBe(1);
      expectNoSecret(receipt, stage.secrets);
    });

    it('sends nothing when it may not any more once its turn has come', async () => {
      const forbidden = new DeliveryError('timeout', 'not ours', { retryable: true, wasTried: false });
      const sending = stage.notifier.send([aNotice()], never, () => {
        throw forbidden;
      });
      expect(await failureOf(sending)).toBe(forbidden);
      expect(stage.accepted()).toBe(0);
      await stage.notifier.send([aNotice()], never, () => {});
      expect(stage.accepted()).toBe(1);
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
