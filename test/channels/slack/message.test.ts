import { describe, expect, it } from 'vitest';
import { titleOfDigest } from '../../../src/channels/list-title.ts';
import { type SlackBlock, slackMessage } from '../../../src/channels/slack/message.ts';
import { tellPlainly } from '../../../src/channels/teller.ts';
import { EVENT_NAMES, type WatcherEvent } from '../../../src/domain/event/event.ts';
import { sampleEvent } from '../../../src/domain/event/sample.ts';
import { jobOf } from '../../../src/domain/event/subject.ts';
import { aJob, anEvent, HOUR, jobSubjectOf, MINUTE, T0 } from '../../support/builders.ts';

function messageOf(events: readonly WatcherEvent[], timeZone: string | null = null) {
  return slackMessage(
    events.map((event) => tellPlainly(event)),
    { timeZone },
  );
}

/** Everything a person sees in the channel, one block a line. */
function seen(blocks: readonly SlackBlock[]): string {
  return blocks.map((block) => textsOf(block).join(' | ')).join('\n');
}

function textsOf(block: SlackBlock): string[] {
  return objectsOf(block).map(({ text }) => text);
}

/** The mrkdwn of a message, where formatting means something. */
function mrkdwnOf(blocks: readonly SlackBlock[]): string[] {
  return blocks.flatMap((block) =>
    objectsOf(block).flatMap(({ type, text }) => (type === 'mrkdwn' ? [text] : [])),
  );
}

function objectsOf(block: SlackBlock) {
  if (block.type === 'context') return block.elements;
  return block.type === 'section' && block.fields ? block.fields : [block.text];
}

/** Slack's limits: https://docs.slack.dev/reference/block-kit/blocks/ */
function expectWithinLimits({ text, blocks }: ReturnType<typeof slackMessage>): void {
  expect(text.length).toBeLessThanOrEqual(4_000);
  expect(blocks.length).toBeLessThanOrEqual(50);
  for (const block of blocks) {
    const texts = textsOf(block);
    const limit = {
      header: 150,
      section: block.type === 'section' && block.fields ? 2_000 : 3_000,
      context: 3_000,
    };
    expect(texts.length).toBeGreaterThan(0);
    expect(texts.length).toBeLessThanOrEqual(10);
    for (const one of texts) {
      expect(one.length).toBeGreaterThan(0);
      expect(one.length).toBeLessThanOrEqual(limit[block.type]);
    }
  }
}

describe('a Slack message about one event', () => {
  const event = anEvent('failed');
  const message = messageOf([event]);

  it('says on the lock screen what happened to what, and how bad it is', () => {
    expect(message.text).toBe(`🔴 ${event.summary}`);
    expect(message.text).toMatch(/Restore 6ae8…0001 of orders to orders-copy failed after 14 min/);
  });

  it('shows what, where, from and to, and how long it took', () => {
    const text = seen(message.blocks);

    expect(message.blocks[0]).toMatchObject({ type: 'header', text: { text: `🔴 ${event.summary}` } });
    expect(text).toContain('*State*\nin progress → failed');
    expect(text).toContain('*Took*\n14 min');
    expect(text).toContain('*From*\n`orders (serverless instance)`');
    expect(text).toContain('*To*\n`orders-copy`');
    expect(text).toContain('Start another restore');
  });

  it("shows the time in the reader's own zone and in UTC", () => {
    const seconds = (T0 + 14 * MINUTE) / 1_000;

    expect(seen(message.blocks)).toContain(
      `*Happened*\n<!date^${seconds}^{date_short_pretty}, {time_secs}|2026-11-02 08:14:05 UTC>\n2026-11-02 08:14:05 UTC`,
    );
  });

  it("shows it in UTC and the channel's zone where the reader's cannot be had", () => {
    const berlin = '2026-11-02 09:14:05 GMT+1';

    expect(seen(messageOf([event], 'Europe/Berlin').blocks)).toContain(
      `{time_secs}|2026-11-02 08:14:05 UTC = ${berlin}>\n2026-11-02 08:14:05 UTC`,
    );
    expect(seen(messageOf([event, event], 'Europe/Berlin').blocks)).toContain(
      `|2026-11-02 08:14:05 UTC = ${berlin}> = 2026-11-02 08:14:05 UTC · `,
    );
    expect(messageOf([event], 'Etc/UTC')).toEqual(message);
  });

  it('links to the project in Atlas, in text: a button would show a warning when pressed', () => {
    expect(seen(message.blocks)).toContain(`<${jobSubjectOf(event).projectUrl}|Open the project in Atlas>`);
    expect(JSON.stringify(message)).not.toContain('"button"');
  });

  it('has no link where there is none to have', () => {
    expect(seen(messageOf([anEvent('failed', { projectUrl: null })]).blocks)).not.toContain(
      'Open the project',
    );
    const odd = anEvent('failed', { projectUrl: 'javascript:alert(1)' });
    expect(seen(messageOf([odd]).blocks)).not.toContain('javascript');
  });

  it('ends with small print: the watch, the job and the event, and then the command that explains it', () => {
    const last = message.blocks.at(-2);
    expect(seen(message.blocks.slice(-1))).toContain('`restore-watcher history 6ae8…0001 --why`');

    expect(last?.type).toBe('context');
    expect(seen([last as SlackBlock])).toContain(`Job \`${jobOf(event)?.id}\``);
    expect(seen([last as SlackBlock])).toContain(`Event \`${event.id}\``);
    expect(seen([last as SlackBlock])).toContain('Watch `orders`');
  });

  it.each([
    ['failed', 'critical', '🔴'],
    ['cancelled', 'warning', '🟠'],
    ['started', 'info', '🔵'],
    ['finished', 'info', '🟢'],
    ['finished', 'warning', '🟠'],
  ] as const)('shows %s of severity %s as %s', (name, severity, icon) => {
    expect(messageOf([anEvent(name, { severity })]).text.startsWith(`${icon} `)).toBe(true);
  });

  it('says when something was inferred or found late', () => {
    const text = seen(
      messageOf([
        anEvent('started', { inferred: true, late: true, detectedAt: T0 + 3 * HOUR, occurredAt: T0 }),
      ]).blocks,
    );

    expect(text).toContain('began and ended between two polls');
    expect(text).toContain('Found late, 3 h after it happened');
  });

  it('marks a sample everywhere', () => {
    const { text, blocks } = messageOf([anEvent('failed', { test: true })]);

    expect(text.startsWith('🧪 [TEST] ')).toBe(true);
    expect(seen(blocks.slice(0, 1))).toContain('[TEST]');
    expect(seen(blocks)).toContain('Nothing has happened');
  });

  it.each(EVENT_NAMES)('can tell %s within the limits of Slack', (name) => {
    const sample = { ...sampleEvent(name, { channel: 'oncall', now: T0 }), test: false };

    expectWithinLimits(messageOf([sample]));
    expectWithinLimits(messageOf([sample, sample]));
  });
});

describe('a Slack message about several events', () => {
  const events = [
    anEvent('started', { id: 'one' }),
    anEvent('failed', { id: 'two' }),
    anEvent('cancelled', { id: 'three' }),
  ];
  const message = messageOf(events);

  it('says how many there are, the worst first, on the lock screen', () => {
    expect(message.text).toMatch(
      /^🔴 3 events about restores: Restore .* failed .*; Restore .* cancelled .*; Restore .* started$/,
    );
  });

  it('has one section for each, in the order of life, with time, change, ids and link below', () => {
    const sections = message.blocks.filter(({ type }) => type === 'section');
    expect(sections.map((section) => seen([section]).slice(0, 2))).toEqual(['🔵', '🔴', '🟠']);

    const small = message.blocks.filter(({ type }) => type === 'context').map((block) => seen([block]));
    expect(small).toHaveLength(4);
    expect(small[3]).toMatch(/`restore-watcher history --since 2026-\S+Z --why`/);
    expect(small[1]).toContain('<!date^');
    expect(small[1]).toContain('2026-11-02 08:14:05 UTC');
    expect(small[1]).toContain('in progress → failed');
    expect(small[1]).toContain(`Job \`${events[1] && jobOf(events[1])?.id}\``);
    expect(small[1]).toContain('Event `two`');
    expect(small[1]).toContain('|Open the project in Atlas>');
  });

  it('keeps the limits of Slack with ten events of the longest kind', () => {
    const long = longEvent('x'.repeat(5_000));

    expectWithinLimits(messageOf(Array.from({ length: 10 }, () => long)));
    expectWithinLimits(messageOf([long]));
  });
});

describe('a digest in Slack', () => {
  const digestOf = (events: readonly WatcherEvent[], timeZone: string | null = 'Europe/Berlin') =>
    slackMessage(
      events.map((event) => tellPlainly(event)),
      { timeZone },
      titleOfDigest,
    );
  const events = [
    anEvent('finished', { job: aJob(['finished'], { id: 'a'.repeat(24) }) }),
    anEvent('failed'),
    anEvent('started', { watch: 'ledger' }),
  ];

  it('begins with what it comes to, since when, on the lock screen too', () => {
    const { text, blocks } = digestOf(events);
    const title = '🔴 Restores since Mon 09:14: 1 failed, 1 finished, 1 started';
    expect(seen(blocks.slice(0, 1))).toBe(title);
    expect(text.startsWith(`${title}: ${events[1]?.summary}`)).toBe(true);
  });

  it('lists each event, as any list does', () => {
    expect(digestOf(events).blocks.slice(1)).toEqual(messageOf(events, 'Europe/Berlin').blocks.slice(1));
  });

  it('of one event is the message it would have been', () => {
    expect(digestOf(events.slice(0, 1))).toEqual(messageOf(events.slice(0, 1), 'Europe/Berlin'));
  });

  it('keeps the limits of Slack with as many events as it may carry', () => {
    const long = longEvent('x'.repeat(5_000));
    expectWithinLimits(digestOf(Array.from({ length: 15 }, () => long)));
    const usual = digestOf(Array.from({ length: 15 }, () => anEvent('failed')));
    const characters = usual.blocks.flatMap(textsOf).join('').length;
    expect(characters).toBeLessThan(9_000);
  });
});

function longEvent(name: string): WatcherEvent {
  const job = aJob(['failed'], {
    instanceName: name,
    targetClusterName: name,
    errorMessage: name,
    expiresAt: T0 + HOUR,
    progress: { done: 1, total: 2 },
    id: name,
    snapshotId: name,
    targetGroupId: name,
  });
  const labels = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`label-${index}`, name]));
  return anEvent('failed', { job, watch: name, labels, late: true, inferred: true });
}

describe('text from outside in a Slack message', () => {
  it.each([
    ['a mention of everybody', '<!channel>'],
    ['a mention of a person', '<@U012AB3CD>'],
    ['a link', '<https://evil.example.com|click here>'],
    ['an ampersand', 'R&D <3'],
    ['a date', '<!date^0^{date}|x>'],
  ])('cannot be %s', (_what, name) => {
    const job = aJob(['failed'], { instanceName: name, targetClusterName: name, errorMessage: name });
    const event = anEvent('failed', { job, watch: name, labels: { [name]: name } });
    for (const message of [messageOf([event]), messageOf([event, event])]) {
      const everything = JSON.stringify(message);

      expect(everything).not.toContain(name);
      // What is left of angle brackets is ours: dates and links to Atlas.
      for (const [, inside] of everything.matchAll(/<([^>]*)>/g)) {
        expect(inside).toMatch(/^(!date\^\d{10}\^|https:\/\/cloud\.mongodb\.com\/)/);
      }
    }
  });

  it.each([
    ['bold', '*bold*'],
    ['struck out', '~gone~'],
    ['italic', '_slanted_'],
    ['an emoji', ':tada:'],
    ['the end of the code it stands in', '`*bold*`'],
  ])('cannot be %s', (_what, name) => {
    const job = aJob(['failed'], { instanceName: name, targetClusterName: name, errorMessage: name });
    const event = anEvent('failed', { job, watch: name, labels: { team: name } });
    for (const { blocks } of [messageOf([event]), messageOf([event, event])]) {
      for (const text of mrkdwnOf(blocks)) {
        const outsideCode = text.replace(/`[^`]*`/g, '');
        expect(outsideCode).not.toContain(name.replaceAll('`', ''));
        expect(outsideCode).not.toContain('`');
      }
      expect(JSON.stringify(blocks)).not.toContain('"emoji":true');
      expect(JSON.stringify(blocks)).not.toContain('"verbatim":false');
    }
  });

  it('cannot start a new line', () => {
    const job = aJob(['failed'], { targetClusterName: 'copy\r\n\u2028*All is well*' });
    const event = anEvent('failed', { job });
    const { text, blocks } = messageOf([event]);

    expect(text).not.toMatch(/[\r\n\u2028]/);
    expect(seen(blocks)).toContain('`copy *All is well*`');
  });

  it('is cut without cutting an escape or an emoji in two', () => {
    const ampersands = messageOf([anEvent('failed', { summary: '&'.repeat(500) })]);
    const header = seen(ampersands.blocks.slice(0, 1));
    expect(header).toMatch(/^🔴 (&amp;)+…$/u);
    expect(header.length).toBeGreaterThan(140);

    const faces = seen(messageOf([anEvent('failed', { summary: '😀'.repeat(500) })]).blocks.slice(0, 1));
    expect(faces).toMatch(/^🔴 (😀)+…$/u);
    expect(faces.isWellFormed()).toBe(true);
  });
});
