import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeDigest } from '../../../src/channels/email/digest.ts';
import { createEmailNotifier } from '../../../src/channels/email/email.ts';
import { composeMail } from '../../../src/channels/email/message.ts';
import { tellPlainly } from '../../../src/channels/teller.ts';
import type { EventName, WatcherEvent } from '../../../src/domain/event/event.ts';
import {
  type ReceivedMail,
  type SmtpSink,
  startSmtpSink,
} from '../../../src/simulator/receivers/smtp-sink.ts';
import { aJob, anEvent, type EventFacts, jobId, MINUTE, T0 } from '../../support/builders.ts';
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

/** Sent through a real mail server and read back. */
async function mailed(
  events: readonly WatcherEvent[],
  readCheckpoint?: () => Promise<string | null>,
): Promise<ReceivedMail> {
  const notifier = createEmailNotifier({
    ...CONTEXT,
    smtpUrl: `smtp://127.0.0.1:${sink.port}`,
    requireTls: false,
    template: null,
    logger: createRecordingLogger(),
    caFile: null,
    readCheckpoint,
  });
  const notices = events.map((event) => ({ deliveryId: event.id, event }));
  expect(notices.length).toBeLessThanOrEqual(notifier.digest?.maxBatch ?? 0);
  await notifier.digest?.send(notices, never);
  return sink.received.at(-1)!;
}

function of(name: EventName, number: number, over: Partial<EventFacts> = {}): WatcherEvent {
  return anEvent(name, {
    id: `0198-${number}`,
    job: aJob(name === 'started' ? [] : [name as 'failed'], { id: jobId(number) }),
    occurredAt: T0 + number * MINUTE,
    ...over,
  });
}

/** The cells of each row of the table, tags gone. */
function rowsOf(html: string): string[][] {
  return [...html.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/gs)].map(([, cell = '']) =>
      cell.replace(/<[^>]+>/g, ' ').trim(),
    ),
  );
}

const EVENTS = [of('finished', 1), of('failed', 2, { watch: 'ledger', late: true }), of('finished', 3)];

describe('a digest by mail', () => {
  it('is one mail that says on the lock screen what it comes to, and how bad it is', async () => {
    const before = sink.received.length;
    const { mail } = await mailed(EVENTS);
    expect(sink.received.length).toBe(before + 1);
    expect(mail.subject).toBe('[critical] Restores since Mon 09:01: 1 failed, 2 finished');
    expect(mail.headers).not.toHaveProperty('importance');
  });

  it('has a table of when, what, which watch and which state, the worst first', async () => {
    const { mail } = await mailed(EVENTS);
    const [heads, ...rows] = rowsOf(mail.html);
    expect(heads).toEqual(['When', 'What', 'Watch', 'State']);
    expect(rows.map(([, , watch, state]) => [watch, state])).toEqual([
      ['ledger', 'in progress → failed'],
      ['orders', 'in progress → finished'],
      ['orders', 'in progress → finished'],
    ]);
    const [when, what] = rows[0] ?? [];
    expect(when).toMatch(/^2026-11-02 09:02:05 GMT\+1 +2026-11-02 08:02:05 UTC$/);
    expect(what).toMatch(/^🔴 Restore .* failed/);
    expect(what).toContain('Found late');
    expect(what).toContain(`Job ${jobId(2)}`);
  });

  it('says the same in text', async () => {
    const { mail } = await mailed(EVENTS);
    const text = mail.text;
    expect(text.startsWith('Restores since Mon 09:01: 1 failed, 2 finished\n\n🔴 Restore')).toBe(true);
    expect(text).toContain('   2026-11-02 09:02:05 GMT+1 (2026-11-02 08:02:05 UTC)\n');
    expect(text).toContain('   watch ledger, in progress → failed\n');
    expect(text).toContain(`   Job ${jobId(3)}\n`);
  });

  it('has a Message-ID of the events in it: the same with the same ones, another with others', () => {
    const idOf = (events: readonly WatcherEvent[]) =>
      composeDigest(
        events.map((event) => tellPlainly(event)),
        CONTEXT,
      ).messageId;
    expect(idOf(EVENTS)).toMatch(/^<digest\.[0-9a-f]{32}@example\.com>$/);
    expect(idOf(EVENTS.toReversed())).toBe(idOf(EVENTS));
    expect(idOf(EVENTS.slice(1))).not.toBe(idOf(EVENTS));
  });

  it('says that a machine wrote it, from which list, and belongs to no thread', async () => {
    const { mail } = await mailed(EVENTS);
    expect(mail.headers['auto-submitted']).toBe('auto-generated');
    expect(mail.headers['x-restore-watcher-digest']).toBe('3');
    expect(mail.headers).toHaveProperty('list-id');
    expect(mail.inReplyTo).toBe('');
  });

  it('of one event is the mail it would have been', () => {
    const one = tellPlainly(of('failed', 1));
    expect(composeDigest([one], CONTEXT)).toEqual(composeMail(one, CONTEXT));
  });

  it('tells of what is about no job', async () => {
    const { mail } = await mailed([
      of('failed', 1),
      anEvent('channel_failing', { id: 'x', summary: 'Channel oncall has given up' }),
    ]);
    expect(rowsOf(mail.html).at(-1)?.slice(1)).toEqual(['🔴 Channel oncall has given up', '', '']);
    expect(mail.text).toContain('🔴 Channel oncall has given up\n   2026-11-02 09:14:05 GMT+1');
  });

  it('shows text from outside as text', async () => {
    const name = '<img src=x onerror=alert(1)>&"';
    const job = aJob(['failed'], {
      instanceName: name,
      targetClusterName: name,
      errorMessage: `${name}\r\nBcc: a@b`,
    });
    const events = [1, 2].map((number) =>
      of('failed', number, { job, watch: name, summary: `Restore of ${name}\r\nBcc: a@b failed` }),
    );
    const { mail, raw } = await mailed(events);
    expect(mail.html).not.toContain('<img');
    expect(mail.html).toContain('&lt;img src=x');
    expect(raw).not.toMatch(/^Bcc:/im);
  });

  it('stays below the size from which Gmail cuts a mail, with as many events as it may carry', () => {
    const events = Array.from({ length: 100 }, (_, number) => of('failed', number));
    const { html } = composeDigest(
      events.map((event) => tellPlainly(event)),
      CONTEXT,
    );
    expect(Buffer.byteLength(html)).toBeLessThan(102 * 1_000);
  });
});

describe('the checkpoint of the audit log', () => {
  const NOTE = `example.com/log\n7\n${'r'.repeat(43)}=\n\n— example.com/log ${'s'.repeat(92)}\n`;

  it.each([1, 3])('goes with a digest of %i events, verbatim in the text and in the page', async (count) => {
    const events = Array.from({ length: count }, (_, index) => of('failed', index + 1));
    const { text, html } = (await mailed(events, async () => NOTE)).mail;
    expect(text).toContain(`\n\n${NOTE}\n-- \n`);
    expect(html).toContain(NOTE);
  });

  it('keeps nothing from people when there is none, or it cannot be read', async () => {
    for (const read of [async () => null, () => Promise.reject(new Error('locked'))]) {
      const { text } = (await mailed([of('failed', 1), of('failed', 2)], read)).mail;
      expect(text).toContain('Sent by restore-watcher');
      expect(text).not.toContain('Checkpoint');
    }
  });
});
