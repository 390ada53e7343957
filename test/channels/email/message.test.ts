import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmailNotifier, type EmailOptions } from '../../../src/channels/email/email.ts';
import { composeMail } from '../../../src/channels/email/message.ts';
import { tellPlainly } from '../../../src/channels/teller.ts';
import { EVENT_NAMES, type WatcherEvent } from '../../../src/domain/event/event.ts';
import { sampleEvent } from '../../../src/domain/event/sample.ts';
import { jobOf } from '../../../src/domain/event/subject.ts';
import {
  type ReceivedMail,
  type SmtpSink,
  startSmtpSink,
} from '../../../src/simulator/receivers/smtp-sink.ts';
import { aJob, anEvent, HOUR, jobSubjectOf, T0 } from '../../support/builders.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { never } from '../notifier-contract.ts';

const CONTEXT = {
  channel: 'dba',
  from: 'Restores <restores@example.com>',
  to: ['dba@example.com'],
  timeZone: 'Europe/Berlin',
};

let sink: SmtpSink;
beforeAll(async () => {
  sink = await startSmtpSink();
});
afterAll(() => sink.close());

/** The event sent through a real mail server and read back. */
async function mailed(event: WatcherEvent, over: Partial<EmailOptions> = {}): Promise<ReceivedMail> {
  const notifier = createEmailNotifier({
    ...CONTEXT,
    smtpUrl: `smtp://127.0.0.1:${sink.port}`,
    requireTls: false,
    template: null,
    logger: createRecordingLogger(),
    caFile: null,
    ...over,
  });
  await notifier.send([{ deliveryId: 'x', event }], never);
  return sink.received.at(-1)!;
}

/** What a mail program makes of the HTML: tags gone, entities decoded. */
function readable(html: string): string {
  return html
    .replace(/<head>.*?<\/head>/s, '')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

describe('a mail about an event', () => {
  it('says in the subject that it reminds', async () => {
    const again = anEvent('stalled', { reminder: { number: 1, since: T0 } });
    expect((await mailed(again)).mail.subject).toMatch(/^\[warning\] Reminder: Restore/);
  });

  it('has a subject for the lock screen, and goes from and to whom it should', async () => {
    const { mail, to } = await mailed(anEvent('failed'), { to: ['dba@example.com', 'lead@example.com'] });

    expect(mail.subject).toBe('[critical] Restore 6ae8…0001 of orders to orders-copy failed after 14 min');
    expect(mail.headers.from).toBe('Restores <restores@example.com>');
    expect(to).toEqual(['dba@example.com', 'lead@example.com']);
  });

  it('says in text and in HTML what happened, where, when, for how long, and what to do', async () => {
    const event = anEvent('failed');
    const { mail } = await mailed(event);

    for (const body of [mail.text, readable(mail.html)]) {
      expect(body).toContain(event.summary);
      expect(body).toContain('Start another restore');
      expect(body).toMatch(/State:?\s+in progress → failed/);
      expect(body).toMatch(/Took:?\s+14 min/);
      expect(body).toMatch(/From:?\s+orders \(serverless instance\)/);
      expect(body).toMatch(/To:?\s+orders-copy/);
      expect(body).toMatch(/Happened:?\s+2026-11-02 09:14:05 GMT\+1\s+\(?2026-11-02 08:14:05 UTC/);
      expect(body).toMatch(/Labels:?\s+team=payments/);
      expect(body).toContain(`Job ${jobOf(event)?.id}`);
      expect(body).toContain(`Event ${event.id}`);
      expect(body).toContain('channel dba');
    }
    expect(mail.text).toContain(`Open the project in Atlas: ${jobSubjectOf(event).projectUrl}`);
    expect(mail.html).toContain(`<a href="${jobSubjectOf(event).projectUrl}"`);
  });

  it.each([null, 'UTC', 'Europe/London'])(
    'gives the time in UTC alone when the zone is %s, in winter',
    async (timeZone) => {
      const { mail } = await mailed(anEvent('failed'), { timeZone });

      expect(mail.text).toMatch(/Happened: +2026-11-02 08:14:05 UTC\n/);
    },
  );

  it('has the id of the event in its Message-ID, the same at every attempt', async () => {
    const event = anEvent('failed');
    const [first, second] = [await mailed(event), await mailed(event)];

    expect(first.mail.messageId).toBe(`<${event.id}@example.com>`);
    expect(second.mail.messageId).toBe(first.mail.messageId);
    expect(first.mail.headers['x-restore-watcher-event-id']).toBe(event.id);
  });

  it('says that a machine wrote it, and from which list', async () => {
    const { mail } = await mailed(anEvent('failed'), { channel: 'dba team' });

    expect(mail.headers['auto-submitted']).toBe('auto-generated');
    expect(mail.headers['x-auto-response-suppress']).toBe('All');
    expect(mail.headers['x-restore-watcher-event']).toBe('failed');
    expect(mail.headers['x-restore-watcher-severity']).toBe('critical');
    expect(mail.headers['x-restore-watcher-job-id']).toBe(aJob().id);
    expect((await mailed(anEvent('failed'), { channel: 'dba team' })).raw).toMatch(
      /^List-Id: <dba-team\.restore-watcher\.example\.com>/im,
    );
  });

  it('is marked important when it is critical, and only then', async () => {
    expect((await mailed(anEvent('failed'))).mail.headers.importance).toBe('High');
    expect((await mailed(anEvent('started'))).mail.headers).not.toHaveProperty('importance');
    expect((await mailed(anEvent('failed', { test: true }))).mail.headers).not.toHaveProperty('importance');
  });

  it('is marked as a sample everywhere', async () => {
    const { mail } = await mailed(anEvent('failed', { test: true }));

    expect(mail.subject).toMatch(/^\[TEST\] \[critical\] Restore/);
    expect(mail.text).toMatch(/^\[TEST\] Restore/);
    expect(readable(mail.html)).toContain('[TEST] Restore');
    expect(mail.headers['x-restore-watcher-test']).toBe('true');
  });

  it.each(EVENT_NAMES)('tells %s', async (name) => {
    const event = { ...sampleEvent(name, { channel: 'dba', now: T0 }), test: false };
    const { mail } = await mailed(event);

    expect(mail.subject).toBe(`[${event.severity}] ${event.summary}`);
    expect(mail.text).toContain(event.summary);
    expect(mail.text).not.toMatch(/undefined|null|NaN/);
    expect(mail.html).not.toMatch(/undefined|null|NaN/);
  });

  it('leaves colours to the reader, for light and for dark', async () => {
    const { mail } = await mailed(anEvent('failed'));

    expect(mail.html).toContain('color-scheme');
    expect(mail.html).toContain('width=device-width');
    expect(mail.html).not.toMatch(/background/);
  });
});

describe('the thread of a job', () => {
  it('is one, whatever happens to the job', async () => {
    const started = await mailed(anEvent('started'));
    const failed = await mailed(anEvent('failed'));

    const root = `<job.${aJob().id}.`;
    expect(started.mail.inReplyTo).toMatch(new RegExp(`^${root}[0-9a-f]{12}@example\\.com>$`));
    expect(failed.mail.inReplyTo).toBe(started.mail.inReplyTo);
    expect(failed.mail.references).toEqual([started.mail.inReplyTo]);
    expect(failed.mail.messageId).not.toBe(started.mail.messageId);
  });

  it('is another for another job, and for another watch', () => {
    const roots = [
      anEvent('failed'),
      anEvent('failed', { job: aJob(['failed'], { id: '690710a5c1d2e3f4a5b6c701' }) }),
      anEvent('failed', { watch: 'orders-eu' }),
      anEvent('watch_failing'),
    ].map((event) => composeMail(tellPlainly(event), CONTEXT).inReplyTo);

    expect(new Set(roots).size).toBe(4);
  });

  it.each([
    ['restores@example.com', 'example.com'],
    ['Restores <restores@mail.example.com>', 'mail.example.com'],
    ['"a@b" <restores@example.com>', 'example.com'],
    ['no address', 'restore-watcher.invalid'],
  ])('has the host of %s', (from, host) => {
    expect(
      composeMail(tellPlainly(anEvent('failed')), { ...CONTEXT, from }).messageId.endsWith(`@${host}>`),
    ).toBe(true);
  });
});

describe('text from outside in a mail', () => {
  const hostile =
    "\"><script>alert(1)</script>\r\nBcc: all@example.com\r\n\r\n<img src=x onerror=y> & '<!channel>' *b*";
  const job = aJob(['failed'], {
    instanceName: hostile,
    targetClusterName: hostile,
    errorMessage: hostile,
    expiresAt: T0 + HOUR,
  });
  const event = anEvent('failed', {
    job,
    watch: hostile,
    labels: { [hostile]: hostile },
    projectUrl: 'https://cloud.mongodb.com/v2/x"><script>',
  });

  it('is no markup in the HTML', async () => {
    const { mail } = await mailed(event, { channel: hostile.replaceAll('\r\n', ' ') });
    const tags = new Set([...mail.html.matchAll(/<\/?([a-z0-9!]+)/gi)].map(([, tag]) => tag));

    expect([...tags].sort()).toEqual(
      [
        '!doctype',
        'a',
        'body',
        'br',
        'div',
        'h1',
        'head',
        'html',
        'meta',
        'p',
        'span',
        'style',
        'table',
        'td',
        'th',
        'title',
        'tr',
      ].sort(),
    );
    expect(mail.html).not.toMatch(/<[^>]*\son\w+=/);
    expect(readable(mail.html)).toContain("<img src=x onerror=y> & '<!channel>' *b*");
  });

  it('adds no header, no recipient and no line', async () => {
    const { mail, raw, to } = await mailed(event);

    expect(to).toEqual(['dba@example.com']);
    expect(mail.headers).not.toHaveProperty('bcc');
    const [head = ''] = raw.split('\r\n\r\n');
    expect(head).not.toMatch(/^Bcc:/im);
    expect(mail.subject).toContain('Bcc: all@example.com');
    expect(mail.text.match(/^Took:/gm)).toHaveLength(1);
    expect(mail.text).not.toMatch(/^Bcc/m);
  });

  it('is no link unless it is one to the web', async () => {
    const { mail } = await mailed(anEvent('failed', { projectUrl: 'javascript:alert(1)' }));

    expect(mail.html).not.toContain('<a ');
    expect(mail.text).not.toContain('javascript');
  });
});
