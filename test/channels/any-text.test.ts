import fc from 'fast-check';
import { createTransport } from 'nodemailer';
import { describe, expect, it } from 'vitest';
import { composeMail } from '../../src/channels/email/message.ts';
import { teamsMessage } from '../../src/channels/msteams/card.ts';
import { pagerDutyEvents } from '../../src/channels/pagerduty/event.ts';
import { slackMessage } from '../../src/channels/slack/message.ts';
import { tellPlainly } from '../../src/channels/teller.ts';
import { toCloudEvent } from '../../src/domain/event/cloud-event.ts';
import { wellFormedJson } from '../../src/domain/well-formed.ts';
import { aJob, anEvent, jobSubjectOf } from '../support/builders.ts';

/** Any UTF-16 units, halves of pairs among them, and what is long as one character or as many. */
const anyText = fc.oneof(
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 })
    .map((units) => String.fromCharCode(...units)),
  fc.string({
    unit: fc.constantFrom('\ud83d', '\ude00', '😀', '👨‍👩‍👧‍👦', '&', '<', '*', '"', '\\', 'x'),
    maxLength: 400,
  }),
  fc
    .tuple(fc.integer({ min: 0, max: 3_100 }), fc.constantFrom('😀', '\ud83d', 'é', '👨‍👩‍👧‍👦'))
    .map(([length, end]) => 'x'.repeat(length) + end.repeat(9)),
);

const anyEvent = fc
  .record({ instance: anyText, target: anyText, type: anyText, note: anyText, watch: anyText })
  .map(({ instance, target, type, note, watch }) => {
    const job = aJob(['failed'], {
      instanceName: instance || 'x',
      targetClusterName: target,
      deliveryType: type,
      errorMessage: note,
    });
    return anEvent('failed', {
      job,
      note,
      watch: watch || 'w',
      summary: `Restore of ${instance} to ${target} failed`,
    });
  });

/** Holds a body against what a strict receiver takes. */
function expectSound(body: string, mostBytes: number): void {
  expect(body.isWellFormed()).toBe(true);
  expect(body).not.toMatch(/(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]/);
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(mostBytes);
  JSON.parse(body);
}

describe('whatever Atlas says, what goes out is well-formed and within the limits of', () => {
  const always = (holds: (event: ReturnType<typeof anEvent>) => void) =>
    fc.assert(fc.property(anyEvent, holds), { numRuns: 100 });

  it('a webhook', () => {
    always((event) => expectSound(wellFormedJson(toCloudEvent(event)), 1_000_000));
  });

  it('Slack', () => {
    always((event) => {
      const told = tellPlainly(event);
      for (const message of [
        slackMessage([told], { timeZone: null }),
        slackMessage([told, told], { timeZone: null }),
      ]) {
        expectSound(JSON.stringify(message), 50_000);
        expect(message.text.length).toBeLessThanOrEqual(4_000);
        for (const block of message.blocks) {
          if (block.type === 'header') expect(block.text.text.length).toBeLessThanOrEqual(150);
        }
      }
    });
  });

  it('Teams', () => {
    always((event) => {
      const told = tellPlainly(event);
      expectSound(wellFormedJson(teamsMessage([told], { timeZone: null })), 28_000);
      expectSound(wellFormedJson(teamsMessage(Array(10).fill(told), { timeZone: null })), 28_000);
    });
  });

  it('PagerDuty', () => {
    always((event) => {
      for (const sent of pagerDutyEvents(tellPlainly(event))) {
        expectSound(wellFormedJson(sent), 512_000);
        expect(sent.dedup_key.length).toBeLessThanOrEqual(255);
        if (sent.event_action !== 'trigger') continue;
        expect(sent.payload.summary.length).toBeLessThanOrEqual(1_024);
      }
    });
  });

  it('mail: the subject arrives as it was written', async () => {
    const transport = createTransport({ streamTransport: true, buffer: true });
    const context = { channel: 'dba', from: 'a@example.com', to: ['b@example.com'], timeZone: null };
    const hard = `${'x'.repeat(40)}\ud83d${'😀'.repeat(60)}\ud83d`;
    const mail = composeMail(
      tellPlainly({ ...anEvent('failed'), summary: hard, subject: jobSubjectOf(anEvent('failed')) }),
      context,
    );
    const { message } = await transport.sendMail(mail);
    const raw = message.toString();
    const header = /^Subject: ((?:.|\r\n[ \t])*)/m.exec(raw)?.[1] ?? '';
    const words = [...header.matchAll(/=\?UTF-8\?([BQ])\?([^?]*)\?=/gi)].map(([, kind, text = '']) =>
      kind?.toUpperCase() === 'B'
        ? Buffer.from(text, 'base64').toString('utf8')
        : decodeURIComponent(text.replaceAll('_', ' ').replaceAll('=', '%')),
    );
    expect(words.join('')).toContain(`\ufffd${'😀'.repeat(60)}`);
    expect(words.join('').match(/\ufffd/g)).toHaveLength(2);
  });
});
