import { describe, expect, it } from 'vitest';
import { composeMail } from '../../src/channels/email/message.ts';
import { teamsMessage } from '../../src/channels/msteams/card.ts';
import { inert as inertInTeams } from '../../src/channels/msteams/text.ts';
import { pagerDutyEvents } from '../../src/channels/pagerduty/event.ts';
import { slackMessage } from '../../src/channels/slack/message.ts';
import { inert as inertInSlack } from '../../src/channels/slack/text.ts';
import { createTeller, type TellerOptions, tellPlainly } from '../../src/channels/teller.ts';
import { EVENT_NAMES, type WatcherEvent } from '../../src/domain/event/event.ts';
import { sampleEvent } from '../../src/domain/event/sample.ts';
import type { ChannelTemplate } from '../../src/templates/channel-template.ts';
import { aJob, anEvent, T0 } from '../support/builders.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';

const PLAIN = (text: string) => text;
const MAIL = { channel: 'dba', from: 'a@example.com', to: ['b@example.com'], timeZone: null };
const event = anEvent('failed');

function tellerOf(template: Partial<ChannelTemplate>, over: Partial<TellerOptions> = {}) {
  return createTeller({
    name: 'oncall',
    type: 'slack',
    timeZone: null,
    template: { title: null, body: null, ...template },
    escapeValue: PLAIN,
    logger: createRecordingLogger(),
    renderLimitMs: PATIENCE_MS,
    ...over,
  });
}

async function inSlack(template: Partial<ChannelTemplate>, ...events: WatcherEvent[]) {
  const tell = tellerOf(template, { escapeValue: inertInSlack });
  return slackMessage(await Promise.all(events.map(tell)), { timeZone: null });
}

async function inTeams(template: Partial<ChannelTemplate>, ...events: WatcherEvent[]) {
  const tell = tellerOf(template, { type: 'msteams', escapeValue: inertInTeams });
  const message = teamsMessage(await Promise.all(events.map(tell)), { timeZone: null });
  return message.attachments[0]!.content;
}

async function inMail(template: Partial<ChannelTemplate>, over: WatcherEvent = event) {
  return composeMail(await tellerOf(template, { type: 'email' })(over), MAIL);
}

const TITLE = '{{ event.name | upcase }} {{ job.targetClusterName | default: event.watch }}';
const BODY = 'What now: {{ message.advice }}\n\nRunbook 7, *at once*';

describe('a channel without a template', () => {
  it('says what is built in', async () => {
    expect(await tellerOf({}, { template: null })(event)).toEqual(tellPlainly(event));
  });
});

describe('the title of a template', () => {
  it('is the headline and the notification in Slack', async () => {
    const { text, blocks } = await inSlack({ title: TITLE }, event);
    expect(text).toBe('FAILED orders-copy');
    expect(blocks[0]).toMatchObject({
      type: 'header',
      text: { type: 'plain_text', text: 'FAILED orders-copy' },
    });
    expect(JSON.stringify(blocks)).toContain('Start another restore');
  });

  it('is the subject and the heading of a mail', async () => {
    const { subject, text, html } = await inMail({ title: TITLE });
    expect(subject).toBe('FAILED orders-copy');
    expect(text.split('\n')[0]).toBe('FAILED orders-copy');
    expect(html).toContain('>FAILED orders-copy</h1>');
    expect(text).toContain('Start another restore');
  });

  it('is the headline of a Teams card', async () => {
    const card = await inTeams({ title: TITLE }, event);
    expect(card.fallbackText).toBe('FAILED orders-copy');
    expect(JSON.stringify(card.body[0])).toContain('"text":"FAILED orders-copy"');
  });

  it('is the summary for a pager, and leaves the key as it is', async () => {
    const [own] = pagerDutyEvents(await tellerOf({ title: TITLE })(event));
    const [builtIn] = pagerDutyEvents(tellPlainly(event));
    expect(own).toMatchObject({ dedup_key: builtIn?.dedup_key, payload: { summary: 'FAILED orders-copy' } });
  });

  it('heads each of several events', async () => {
    const { text, blocks } = await inSlack({ title: TITLE, body: BODY }, event, anEvent('started'));
    expect(text).toBe('🔴 2 events about restores: FAILED orders-copy; STARTED orders-copy');
    expect(blocks.filter(({ type }) => type === 'section')).toHaveLength(2);
    expect(JSON.stringify(blocks)).not.toContain('Runbook');
    expect(JSON.stringify(await inTeams({ title: TITLE }, event, event))).toContain(
      '"text":"FAILED orders-copy"',
    );
  });

  it('is one line, whatever it is made of', async () => {
    const name = 'a\r\nBcc: everybody@example.com';
    const nasty = anEvent('failed', { job: aJob(['failed'], { targetClusterName: name }) });
    const { subject } = await inMail({ title: '\n{{ job.targetClusterName }}\n\nmore' }, nasty);
    expect(subject).toBe('a Bcc: everybody@example.com more');
  });
});

describe('the body of a template', () => {
  it('stands between headline and small print in Slack', async () => {
    const { blocks } = await inSlack({ body: BODY }, event);
    expect(blocks.map(({ type }) => type)).toEqual(['header', 'section', 'context', 'context']);
    expect(blocks[1]).toMatchObject({ text: { type: 'mrkdwn', verbatim: true } });
    expect(JSON.stringify(blocks[1])).toMatch(/What now: The data is not restored.*Runbook 7, \*at once\*/);
    expect(JSON.stringify(blocks[2])).toContain(`Event \`${event.id}\``);
  });

  it('stands there in both parts of a mail', async () => {
    const mail = await inMail({ body: BODY });
    const builtIn = composeMail(tellPlainly(event), MAIL);
    expect(mail.text).toMatch(
      /failed after 14 min\n\nWhat now: The data.*\n\nRunbook 7, \*at once\*\n\nJob 6ae.*, Event 0/,
    );
    expect(mail.html).toMatch(/<p [^>]*>What now: The data[^<]*<\/p>\n<p [^>]*>Runbook 7, \*at once\*<\/p>/);
    expect(mail.html).toContain(`Event ${event.id}`);
    expect(mail.html).not.toContain('<table');
    expect({ ...mail, text: '', html: '' }).toEqual({ ...builtIn, text: '', html: '' });
  });

  it('stands there in a Teams card, a block for each line', async () => {
    const { body, actions } = await inTeams({ body: `${BODY}\n  - call somebody\n\n` }, event);
    expect(body.slice(1, 4)).toEqual([
      { type: 'TextBlock', text: expect.stringMatching(/^What now: The data/), wrap: true },
      { type: 'TextBlock', text: 'Runbook 7, *at once*', wrap: true },
      { type: 'TextBlock', text: '- call somebody', wrap: true, spacing: 'None' },
    ]);
    expect(JSON.stringify(body.at(-2))).toContain(`Event ${event.id}`);
    expect(JSON.stringify(body.at(-1))).toContain('history 6ae8…0001');
    expect(actions).toEqual([]);
  });

  it('is cut to what Slack and Teams take, and through nothing', async () => {
    const long = `${'<https://example.com/a|link> &amp; '.repeat(200)}`;
    const [, section] = (await inSlack({ body: long }, event)).blocks;
    const text = section?.type === 'section' && section.text ? section.text.text : '';
    expect(text.length).toBeLessThanOrEqual(3_000);
    expect(text).toMatch(/(link>| |&amp;)…$/);
    const card = await inTeams({ title: 'x'.repeat(9_000), body: 'ä\u{1F4A5} '.repeat(9_000 / 2) }, event);
    const narrow = await inTeams({ body: 'x\n'.repeat(9_000) }, event);
    for (const one of [card, narrow]) expect(Buffer.byteLength(JSON.stringify(one))).toBeLessThan(28_000);
    expect((await inSlack({ title: 'x'.repeat(900) }, event)).blocks[0]).toMatchObject({
      text: { text: `${'x'.repeat(149)}…` },
    });
    const [alert] = pagerDutyEvents(await tellerOf({ title: 'x'.repeat(9_000) })(event));
    expect(alert).toMatchObject({ payload: { summary: `${'x'.repeat(1_023)}…` } });
  });
});

describe('a template about a sample', () => {
  const sample = sampleEvent('failed', { channel: 'oncall', now: T0 });

  it('cannot hide that it is one, and says besides what it would say of the real thing', async () => {
    const template = { title: '{{ message.title }}', body: '{{ message.advice }}' };
    const said = [
      JSON.stringify(await inSlack(template, sample)),
      JSON.stringify(await inTeams(template, sample)),
      (await inMail(template, sample)).html,
      (await inMail(template, sample)).text,
    ];
    for (const text of said) {
      expect(text).toContain('TEST');
      expect(text).toContain('Nothing has happened.');
      expect(text).toContain('Start another restore');
    }
    expect((await inSlack(template, sample)).text).toBe(`[TEST] ${sample.summary}`);
    expect((await inMail(template, sample)).subject).toBe(`[TEST] ${sample.summary}`);
    const [alert] = pagerDutyEvents(await tellerOf(template)(sample));
    expect(alert).toMatchObject({ payload: { summary: `[TEST] ${sample.summary}` } });
  });
});

describe('a part of a template that is of no use', () => {
  it.each(EVENT_NAMES)('that comes out empty leaves the built-in part: %s', async (name) => {
    const one = anEvent(name);
    const told = await tellerOf({ title: '{% if false %}x{% endif %}', body: ' \n{{ job.nothing }}\n' })(one);
    expect(told).toEqual(tellPlainly(one));
  });

  it('that fails leaves the built-in part, and is logged once', async () => {
    const logger = createRecordingLogger();
    const endless = `{% for i in (1..99999999) %}x{% endfor %}`;
    const tell = tellerOf({ title: TITLE, body: endless }, { logger });

    const told = [await tell(event), await tell(anEvent('started'))];

    expect(told.map(({ headline, body }) => [headline, body])).toEqual([
      ['FAILED orders-copy', null],
      ['STARTED orders-copy', null],
    ]);
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        message:
          'The template for the body of channel oncall fails, the built-in body is sent: line 1, column 1: it makes a text or a list that is far too long',
        fields: { channel: 'oncall' },
      },
    ]);
  });

  it('that takes too long is cut short', async () => {
    const loops = `${'{% for f in message.facts %}'.repeat(12)}x${'{% endfor %}'.repeat(12)}`;
    expect((await tellerOf({ body: loops }, { renderLimitMs: 5 })(event)).body).toBeNull();
  });

  it('that cannot even be parsed loses no alert', async () => {
    const logger = createRecordingLogger();
    expect(await tellerOf({ title: '{{ event.name' }, { logger })(event)).toEqual(tellPlainly(event));
    expect(logger.lines).toHaveLength(1);
  });
});

describe('what a template puts out of the world', () => {
  const NASTY = '<!channel> <https://evil.example.com|click> *b* _i_ ~s~ `c` :fire: </p><script>';
  const nasty = anEvent('failed', {
    job: aJob(['failed'], { errorMessage: NASTY, targetClusterName: '!channel', instanceName: '> quote' }),
  });
  const body = '{{ job.errorMessage }}\n<{{ job.targetClusterName }}>\n{{ job.instanceName }}';

  it('is neither formatting nor a mention nor a link in Slack', async () => {
    const { blocks } = await inSlack({ title: '{{ job.errorMessage }}', body }, nasty);
    const [header, section] = blocks.map((block) => ('text' in block ? block.text?.text : '')) as string[];
    expect(header).toContain('&lt;!channel&gt;');
    expect(section).toBe(
      '&lt;!channel&gt; &lt;https://evil.example.com¦click&gt; ∗b∗ ˍiˍ ∼s∼ ˋcˋ ꞉fire: &lt;/p&gt;&lt;script&gt;\n<ǃchannel>\n› quote',
    );
  });

  it('leaves names as they are in Slack', () => {
    for (const name of ['orders_copy', 'prod-eu.orders (copy) #1', '2026-11-02 08:14:05 UTC', 'a_b_c']) {
      expect(inertInSlack(name)).toBe(name);
    }
  });

  it('is text in the HTML of a mail, and so is the template itself', async () => {
    const { html, text } = await inMail({ body: `<b>${body}</b>` }, nasty);
    expect(html).not.toMatch(/<script|<b>|<!channel/);
    expect(html).toContain('&lt;b&gt;&lt;!channel&gt;');
    expect(text).toContain(NASTY);
  });

  it('is neither formatting nor a link nor a function in Teams', async () => {
    const parts = anEvent('failed', {
      job: aJob(['failed'], {
        errorMessage: '[x]',
        targetClusterName: '(https://evil)',
        instanceName: '{{DATE(1)}}',
      }),
    });
    const own =
      '{{ job.errorMessage }}{{ job.targetClusterName }} {{ job.instanceName }} **{{ event.watch }}**';
    const [, block] = (await inTeams({ body: own }, parts)).body;
    expect(block).toMatchObject({ text: '\\[x\\]\\(https://evil) \\{\\{DATE(1)}} **orders**' });
  });

  it('stays escaped through a capture and an assignment', async () => {
    const again =
      '{% capture x %}{{ job.errorMessage }}{% endcapture %}{% assign y = job.errorMessage %}{{ x }}{{ y }}';
    const { blocks } = await inSlack({ body: again }, nasty);
    expect(JSON.stringify(blocks[1])).not.toMatch(/<!|<http/);
  });
});
