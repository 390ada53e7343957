import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReceiverLimiter } from '../../../src/channels/receiver-limiter.ts';
import { createWebhookNotifier, type WebhookOptions } from '../../../src/channels/webhook/webhook.ts';
import { systemClock } from '../../../src/clock.ts';
import { WatcherError } from '../../../src/errors.ts';
import { aJob, T0 } from '../../support/builders.ts';
import { type HttpSink, startHttpSink } from '../../support/http-sink.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { describeHttpNotifier, describeSilence, NOW } from '../http-notifier-contract.ts';
import { aNotice, expectNoSecret, failureOf, never } from '../notifier-contract.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const PATH = '/hooks/a-secret-path?token=a-secret-token';
const TOKEN = 'Bearer a-secret-header';
const SECRETS = ['a-secret-path', 'a-secret-token', 'a-secret-header', SECRET, SECRET.slice(6)];
const TLS = join(import.meta.dirname, '../../fixtures/tls');

const ANSWERS = {
  accepts: { status: 202 },
  busy: { status: 503 },
  gone: { status: 410 },
  dislikes: { status: 422 },
} as const;

function notifierFor(sink: HttpSink, over: Partial<WebhookOptions> = {}) {
  const clock = createManualClock(NOW);
  return createWebhookNotifier({
    channel: 'siem',
    url: `${sink.origin}${PATH}`,
    secret: SECRET,
    headers: { Authorization: TOKEN },
    clock,
    limiter: createReceiverLimiter(clock),
    ...over,
  });
}

const KIND = { type: 'webhook', secrets: SECRETS, answers: ANSWERS, notifierFor };

describeHttpNotifier(KIND);
describeSilence(KIND);

describe('what a webhook receives', () => {
  let sink: HttpSink;
  beforeEach(async () => {
    sink = await startHttpSink();
  });
  afterEach(() => sink.close());

  const send = async (over: Partial<WebhookOptions> = {}, notice = aNotice()) => {
    await notifierFor(sink, over).send([notice], never);
    const request = sink.requests.at(-1)!;
    return { ...request, event: JSON.parse(request.body) };
  };

  it('is a CloudEvent in structured JSON, posted to the configured address', async () => {
    const { method, path, headers, event } = await send();

    expect({ method, path }).toEqual({ method: 'POST', path: PATH });
    expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
    expect(headers['user-agent']).toMatch(/^restore-watcher\/\d+\.\d+\.\d+/);
    expect(event).toMatchObject({ specversion: '1.0', type: 'restore-watcher.job.failed' });
  });

  it('carries a signature that the Standard Webhooks library verifies', async () => {
    const { headers, body } = await send({ clock: systemClock });

    const verified = new Webhook(SECRET).verify(body, headers as Record<string, string>);

    expect(verified).toEqual(JSON.parse(body));
  });

  it('carries a signature that does not fit a changed body', async () => {
    const { headers, body } = await send({ clock: systemClock });

    const forged = body.replace('failed', 'finish');

    expect(() => new Webhook(SECRET).verify(forged, headers as Record<string, string>)).toThrow(/signature/);
  });

  it.each([
    ['with its prefix', SECRET, new Webhook(SECRET)],
    ['as bare base64', SECRET.slice(6), new Webhook(SECRET)],
    [
      'as plain text',
      'correct horse, bätteriestaple',
      new Webhook(Buffer.from('correct horse, bätteriestaple'), { format: 'raw' }),
    ],
  ])('is signed with a secret given %s', async (_how, secret, verifier) => {
    const { headers, body } = await send({ secret, clock: systemClock });

    expect(() => verifier.verify(body, headers as Record<string, string>)).not.toThrow();
  });

  it('is not signed without a secret', async () => {
    const { headers } = await send({ secret: null });

    expect(Object.keys(headers).filter((name) => name.startsWith('webhook-'))).toEqual([]);
  });

  it('has the id of the event as webhook-id, the same at every attempt, with the time of the attempt', async () => {
    const clock = createManualClock(T0);
    const notice = aNotice();
    const first = await send({ clock }, notice);
    clock.advance(5_000);
    const second = await send({ clock }, notice);

    expect(first.headers['webhook-id']).toBe(notice.event.id);
    expect(second.headers['webhook-id']).toBe(notice.event.id);
    expect(second.body).toBe(first.body);
    expect(Number(second.headers['webhook-timestamp']) - Number(first.headers['webhook-timestamp'])).toBe(5);
  });

  it('has the configured headers, which cannot replace ours', async () => {
    const { headers } = await send({
      headers: { Authorization: TOKEN, 'Content-Type': 'text/plain', 'Webhook-Id': 'forged' },
    });

    expect(headers.authorization).toBe(TOKEN);
    expect(headers['content-type']).toMatch(/^application\/cloudevents/);
    expect(headers['webhook-id']).toBe(aNotice().event.id);
  });

  it('keeps names from Atlas as they are', async () => {
    const name = '"><script>\r\n<!channel> & *bold* \u{1F4A5}';
    const { event } = await send({}, aNotice({ job: aJob(['failed'], { targetClusterName: name }) }));

    expect(event.data.job.targetClusterName).toBe(name);
  });

  it('counts as accepted once its status is there, even when the body breaks off', async () => {
    sink.answer = 'hang-in-body';

    const receipt = await notifierFor(sink, { timeoutMs: 2_000 }).send([aNotice()], never);

    expect(receipt.detail).toBe('HTTP 200');
  });
});

describe('a webhook with a private CA', () => {
  const server = {
    key: readFileSync(join(TLS, 'server-key.pem'), 'utf8'),
    cert: readFileSync(join(TLS, 'server.pem'), 'utf8'),
  };
  let sink: HttpSink;
  beforeEach(async () => {
    sink = await startHttpSink(server);
  });
  afterEach(() => sink.close());
  const trusting = (over: Partial<WebhookOptions> = {}) =>
    notifierFor(sink, { caFile: join(TLS, 'ca.pem'), ...over });

  it('accepts a server that the CA vouches for', async () => {
    const notifier = trusting();

    const receipt = await notifier.send([aNotice()], never);
    await notifier.close();

    expect(receipt.detail).toBe('HTTP 200');
    expect(sink.requests[0]).toMatchObject({ method: 'POST', path: PATH });
    expect(sink.requests[0]!.headers.authorization).toBe(TOKEN);
  });

  it('tries a server again that nobody vouches for, and says what is missing', async () => {
    const error = await failureOf(notifierFor(sink).send([aNotice()], never));

    expect(error).toMatchObject({ reason: 'unavailable', retryable: true });
    expect(error.hint).toMatch(/caFile/);
    expect(sink.requests).toEqual([]);
    expectNoSecret(error, SECRETS);
  });

  it('obeys the same verdicts, time-outs and aborts', async () => {
    const notifier = trusting();
    const tooFast = trusting();
    sink.answer = { status: 429, headers: { 'retry-after': '7' }, body: 'slow down' };
    expect(await failureOf(tooFast.send([aNotice()], never))).toMatchObject({
      reason: 'rate_limited',
      retryAfterMs: 7_000,
    });
    sink.answer = { status: 302, headers: { location: sink.origin } };
    expect(await failureOf(notifier.send([aNotice()], never))).toMatchObject({ reason: 'refused' });
    sink.answer = 'reset';
    expect(await failureOf(notifier.send([aNotice()], never))).toMatchObject({ reason: 'unavailable' });
    sink.answer = 'hang';
    const timedOut = await failureOf(trusting({ timeoutMs: 200 }).send([aNotice()], never));
    expect(timedOut).toMatchObject({ reason: 'timeout', retryable: true });
    expect(timedOut.message).toMatch(/did not answer within/);
    expectNoSecret(timedOut, SECRETS);
    expect(await failureOf(notifier.send([aNotice()], AbortSignal.abort()))).toMatchObject({
      reason: 'timeout',
    });
    await notifier.close();
  });
});

describe('a webhook that cannot be built', () => {
  const build = (over: Partial<WebhookOptions>) => () =>
    createWebhookNotifier({
      channel: 'siem',
      url: `https://siem.example.com${PATH}`,
      secret: null,
      headers: {},
      clock: systemClock,
      limiter: createReceiverLimiter(systemClock),
      ...over,
    });

  it.each<[string, Partial<WebhookOptions>, RegExp]>([
    ['its secret has the prefix but is not base64', { secret: 'whsec_?a-secret-header' }, /whsec_/],
    ['a header has a line break in it', { headers: { 'X-Token': 'a-secret-header\r\nX: y' } }, /"X-Token"/],
    ['a header has a name that cannot be', { headers: { 'X Token': 'a-secret-header' } }, /"X Token"/],
  ])('says so when %s, without the secret', (_why, over, text) => {
    expect(build(over)).toThrow(WatcherError);
    expect(build(over)).toThrow(text);
    try {
      build(over)();
    } catch (error) {
      expectNoSecret(error, ['a-secret-header', 'a-secret-path']);
    }
  });

  it('names its CA file when that is not there', () => {
    expect(build({ caFile: '/nowhere/ca.pem' })).toThrow(
      expect.objectContaining({
        issues: [{ path: 'caFile', message: expect.stringContaining('/nowhere/ca.pem') }],
      }),
    );
  });
});
