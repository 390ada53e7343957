import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildNotifier } from '../../src/app/adapters.ts';
import { createReceiverLimiter } from '../../src/channels/receiver-limiter.ts';
import type { ChannelConfig } from '../../src/config/config.ts';
import { EVENT_NAMES } from '../../src/domain/event/event.ts';
import { sampleEvent } from '../../src/domain/event/sample.ts';
import { createRedactor } from '../../src/net/redact/redactor.ts';
import { type SmtpSink, startSmtpSink } from '../../src/simulator/receivers/smtp-sink.ts';
import { anEvent, T0 } from '../support/builders.ts';
import { type HttpSink, startHttpSink } from '../support/http-sink.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { never } from './notifier-contract.ts';

const TEMPLATE = {
  title: '{{ event.name }} of {{ event.watch }}',
  body: 'Since {{ event.occurredAt | time }}',
};
const KEY = '0123456789abcdef0123456789abcdef';

let http: HttpSink;
let smtp: SmtpSink;
beforeEach(async () => {
  http = await startHttpSink();
  smtp = await startSmtpSink();
});
afterEach(() => Promise.all([http.close(), smtp.close()]));

function notifierFor(channel: ChannelConfig) {
  const clock = createManualClock(T0);
  const limiter = createReceiverLimiter(clock);
  return buildNotifier(channel, {
    clock,
    limiter,
    logger: createRecordingLogger(),
    redactor: createRedactor(),
  });
}

const noticeOf = (name: (typeof EVENT_NAMES)[number]) => ({ deliveryId: 'x', event: anEvent(name) });
const bodies = () => http.requests.map(({ body }) => JSON.parse(body));

describe.each([null, TEMPLATE])('what is shown is what is sent, with the template %j', (template) => {
  it('to Slack', async () => {
    http.answer = { status: 200, body: 'ok' };
    const url = `${http.origin}/services/secret-hook`;
    const notifier = notifierFor({
      name: 'oncall',
      type: 'slack',
      url,
      timeZone: 'Asia/Tokyo',
      digest: null,
      caFile: null,
      timeoutMs: 30_000,
      template,
    });
    const { content } = await notifier.preview([noticeOf('failed')]);
    await notifier.send([noticeOf('failed')], never);
    expect(bodies()).toEqual([
      { ...(content as object), unfurl_links: false, unfurl_media: false, link_names: false },
    ]);
  });

  it('to Teams', async () => {
    http.answer = { status: 202 };
    const url = `${http.origin}/workflows?sig=secret-hook`;
    const notifier = notifierFor({
      name: 'team',
      type: 'msteams',
      url,
      timeZone: null,
      digest: null,
      caFile: null,
      timeoutMs: 30_000,
      template,
    });
    const { content } = await notifier.preview([noticeOf('failed')]);
    await notifier.send([noticeOf('failed')], never);
    expect(bodies()).toEqual([content]);
  });

  it('to PagerDuty', async () => {
    http.answer = { status: 202 };
    const url = `${http.origin}/v2/enqueue`;
    const notifier = notifierFor({
      name: 'pager',
      type: 'pagerduty',
      routingKey: KEY,
      url,
      caFile: null,
      timeoutMs: 30_000,
      template,
    });
    const { content } = await notifier.preview([noticeOf('failed')]);
    await notifier.send([noticeOf('failed')], never);
    expect(bodies()).toEqual((content as object[]).map((event) => ({ routing_key: KEY, ...event })));
  });

  it('by mail', async () => {
    const notifier = notifierFor({
      ...{ name: 'dba', type: 'email', smtpUrl: `smtp://127.0.0.1:${smtp.port}`, template },
      ...{
        from: 'a@example.com',
        to: ['b@example.com'],
        timeZone: null,
        digest: null,
        requireTls: false,
        caFile: null,
        timeoutMs: 30_000,
      },
    });
    const { content, text } = await notifier.preview([noticeOf('failed')]);
    await notifier.send([noticeOf('failed')], never);
    const [received] = smtp.received;
    const { subject, messageId } = received?.mail ?? {};
    expect(content).toMatchObject({ subject, messageId });
    expect(text).toContain(`Subject: ${subject}\nMessage-ID: ${messageId}\n`);
    expect(text.trimEnd()).toContain(received?.mail.text.trimEnd());
  });
});

describe('what is shown of what is not for a pager', () => {
  it('says so', async () => {
    const url = `${http.origin}/v2/enqueue`;
    const notifier = notifierFor({
      name: 'pager',
      type: 'pagerduty',
      routingKey: KEY,
      url,
      caFile: null,
      timeoutMs: 30_000,
      template: null,
    });
    expect(await notifier.preview([noticeOf('started')])).toEqual({
      content: [],
      text: 'Nothing: this neither opens an alert nor closes one.',
    });
  });
});

describe('a webhook', () => {
  it.each(EVENT_NAMES)('shows the CloudEvent that it sends: %s', async (name) => {
    const url = `${http.origin}/hook`;
    const notifier = notifierFor({
      name: 'siem',
      type: 'webhook',
      url,
      secret: null,
      headers: {},
      caFile: null,
      timeoutMs: 30_000,
    });
    const notice = { deliveryId: 'x', event: sampleEvent(name, { channel: 'siem', now: T0 }) };
    const { content } = await notifier.preview([notice]);
    await notifier.send([notice], never);
    expect(bodies()).toEqual([content]);
  });
});
