import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTeamsNotifier, type TeamsOptions } from '../../src/channels/msteams.ts';
import { createUrlLimiter } from '../../src/channels/rate-limiter.ts';
import { MINUTE, T0 } from '../support/builders.ts';
import { type HttpSink, startHttpSink } from '../support/http-sink.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import {
  aNotice,
  describeHttpNotifier,
  describeNotifier,
  expectNoSecret,
  failureOf,
  type Mood,
  never,
} from './notifier-contract.ts';

const SIG = 'a-secret-signature_of-the-workflow';
const PATH = `/workflows/a-secret-workflow/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=${SIG}`;
const SECRETS = [SIG, 'a-secret-workflow'];

const ANSWERS = {
  accepts: { status: 202 },
  busy: { status: 502 },
  gone: { status: 404 },
  dislikes: { status: 400, body: '{"error":{"code":"TriggerInputSchemaMismatch"}}' },
  resets: 'reset',
  hangs: 'hang',
} as const;

function notifierFor(sink: HttpSink, over: Partial<TeamsOptions> = {}) {
  const clock = createManualClock(T0 + 15 * MINUTE);
  return createTeamsNotifier({
    channel: 'team',
    url: `${sink.origin}${PATH}`,
    timeZone: null,
    template: null,
    logger: createRecordingLogger(),
    clock,
    limiter: createUrlLimiter({ clock, intervalMs: 1_000 }),
    ...over,
  });
}

describeNotifier('msteams', async ({ timeoutMs }) => {
  const sink = await startHttpSink();
  const away = await startHttpSink();
  await away.close();
  let notifier = notifierFor(sink, { timeoutMs });
  return {
    get notifier() {
      return notifier;
    },
    secrets: SECRETS,
    become: async (mood: Mood) => {
      if (mood === 'away') notifier = notifierFor(away);
      else sink.answer = ANSWERS[mood];
    },
    reached: () => sink.received(1),
    accepted: () => sink.accepted.length,
    close: sink.close,
  };
});

describeHttpNotifier('msteams', async () => {
  const sink = await startHttpSink();
  return { notifier: notifierFor(sink), sink, secrets: SECRETS, now: T0 + 15 * MINUTE };
});

describe('what a Teams workflow receives', () => {
  let sink: HttpSink;
  beforeEach(async () => {
    sink = await startHttpSink();
  });
  afterEach(() => sink.close());

  it.each([200, 202])('is a card, taken with HTTP %i', async (status) => {
    sink.answer = { status };

    const receipt = await notifierFor(sink).send([aNotice()], never);

    const [request] = sink.requests;
    expect(receipt.detail).toBe(`HTTP ${status}`);
    expect(request).toMatchObject({ method: 'POST', path: PATH });
    expect(request!.headers['content-type']).toBe('application/json');
    expect(JSON.parse(request!.body)).toMatchObject({
      type: 'message',
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive' }],
    });
    expect(request!.body).not.toContain(SIG);
  });

  it('is one card for several events', async () => {
    await notifierFor(sink).send([aNotice({}, 'started'), aNotice()], never);

    expect(sink.requests).toHaveLength(1);
    expect(sink.requests[0]!.body).toContain('2 events about restores');
  });

  it('is at most one card a second', async () => {
    const clock = createManualClock(T0);
    const notifier = notifierFor(sink, { clock, limiter: createUrlLimiter({ clock, intervalMs: 1_000 }) });

    for (let count = 0; count < 3; count += 1) await notifier.send([aNotice()], never);

    expect(clock.now()).toBe(T0 + 2_000);
  });

  it('is nothing while Teams has asked for silence', async () => {
    const clock = createManualClock(T0);
    const notifier = notifierFor(sink, { clock, limiter: createUrlLimiter({ clock, intervalMs: 1_000 }) });
    sink.answer = { status: 429, headers: { 'retry-after': '30' } };
    await failureOf(notifier.send([aNotice()], never));
    sink.answer = ANSWERS.accepts;
    clock.advance(10_000);

    const error = await failureOf(notifier.send([aNotice()], never));
    expect(error).toMatchObject({ reason: 'rate_limited', retryable: true, retryAfterMs: 20_000 });
    expect(sink.requests).toHaveLength(1);
    expectNoSecret(error, SECRETS);

    clock.advance(20_000);
    await notifier.send([aNotice()], never);
    expect(sink.accepted).toHaveLength(1);
  });
});
