import { describe, expect, it } from 'vitest';
import { titleOfDigest } from '../../../src/channels/list-title.ts';
import { teamsMessage } from '../../../src/channels/msteams/card.ts';
import { escaped } from '../../../src/channels/msteams/text.ts';
import { tellPlainly } from '../../../src/channels/teller.ts';
import { EVENT_NAMES, type WatcherEvent } from '../../../src/domain/event/event.ts';
import { sampleEvent } from '../../../src/domain/event/sample.ts';
import { aJob, anEvent, HOUR, jobSubjectOf, MINUTE, T0 } from '../../support/builders.ts';

type Message = ReturnType<typeof teamsMessage>;
type Element = Message['attachments'][number]['content']['body'][number];

const messageOf = (events: readonly WatcherEvent[], timeZone: string | null = null): Message =>
  teamsMessage(
    events.map((event) => tellPlainly(event)),
    { timeZone },
  );
const cardOf = (...events: WatcherEvent[]) => messageOf(events).attachments[0]!.content;

function textsOf(element: Element): string[] {
  switch (element.type) {
    case 'TextBlock':
      return [element.text];
    case 'FactSet':
      return element.facts.map(({ title, value }) => `${title}: ${value}`);
    case 'Container':
      return element.items.flatMap(textsOf);
  }
}

const seen = (...events: WatcherEvent[]) =>
  cardOf(...events)
    .body.flatMap(textsOf)
    .join('\n');

/** The published shape of what a workflow takes, and of the elements of a card: https://adaptivecards.io/explorer/ */
function expectTeamsTakes(message: Message): void {
  expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThanOrEqual(28 * 1_000);
  expect(message.type).toBe('message');
  expect(message.attachments).toHaveLength(1);
  const [attachment] = message.attachments;
  expect(attachment!.contentType).toBe('application/vnd.microsoft.card.adaptive');
  const { type, version, body, actions } = attachment!.content;
  expect({ type, version }).toEqual({ type: 'AdaptiveCard', version: '1.4' });
  expect(body.length).toBeGreaterThan(0);
  for (const element of body) expectElement(element);
  for (const action of actions) {
    expect(action).toEqual({
      type: 'Action.OpenUrl',
      title: expect.stringMatching(/./),
      url: expect.stringMatching(/^https?:/),
    });
  }
}

function expectElement(element: Element): void {
  for (const text of textsOf(element)) expect(text.isWellFormed() && text.length > 0).toBe(true);
  switch (element.type) {
    case 'TextBlock':
      expect(element.wrap).toBe(true);
      break;
    case 'FactSet':
      expect(element.facts.length).toBeGreaterThan(0);
      break;
    case 'Container':
      expect(['default', 'emphasis', 'good', 'attention', 'warning', 'accent']).toContain(element.style);
      expect(element.items.length).toBeGreaterThan(0);
      for (const item of element.items) expectElement(item);
  }
}

const NASTY = '\\"`*_[](){{DATE(2026-01-01T00:00:00Z)}}<at>\u{1F4A5}';

/** An event whose every text is as long and as awkward as texts can be. */
function monster(): WatcherEvent {
  const long = NASTY.repeat(100);
  return anEvent('failed', {
    job: aJob(['failed'], {
      instanceName: long,
      targetClusterName: long,
      errorMessage: long,
      snapshotId: long,
    }),
    watch: long,
    note: long,
    summary: long,
    labels: Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`label${index}`, long])),
    projectUrl: `https://cloud.mongodb.com/v2/${'x'.repeat(40_000)}`,
    inferred: true,
    late: true,
    occurredAt: T0 - 24 * HOUR,
  });
}

describe('a Teams card about one event', () => {
  const event = anEvent('failed');

  it('shows what happened to what, what to do, and the facts', () => {
    const text = seen(event);

    expect(text.split('\n')[0]).toBe('🔴 Restore 6ae8…0001 of orders to orders-copy failed after 14 min');
    expect(cardOf(event).fallbackText).toBe(text.split('\n')[0]);
    expect(text).toContain('Start another restore');
    expect(text).toContain('State: in progress → failed');
    expect(text).toContain('To: orders-copy');
    expect(text).toMatch(/Watch orders · Labels team=payments · .*Job 6ae.* · Event 0/);
  });

  it("gives each time in UTC and, by the functions of the card, in the reader's own zone", () => {
    expect(seen(event)).toContain(
      'Happened: 2026-11-02 08:14:05 UTC = {{DATE(2026-11-02T08:14:05Z, SHORT)}} {{TIME(2026-11-02T08:14:05Z)}}',
    );
  });

  it("gives each time in UTC and in the channel's zone, where it has one", () => {
    const written = (count: number, zone: string) =>
      JSON.stringify(
        messageOf(
          Array.from({ length: count }, () => event),
          zone,
        ),
      );
    const both = '2026-11-02 08:14:05 UTC = 2026-11-02 09:14:05 GMT+1';

    expect(written(1, 'Europe/Berlin')).toContain(`"title":"Happened","value":"${both}"`);
    expect(written(2, 'Europe/Berlin')).toContain(`"text":"${both} · `);
    expect(written(1, 'Europe/Berlin')).not.toContain('{{');
    expect(written(1, 'UTC')).toContain('"title":"Happened","value":"2026-11-02 08:14:05 UTC"');
  });

  it('opens the project in Atlas by an action, where there is one', () => {
    expect(cardOf(event).actions).toEqual([
      { type: 'Action.OpenUrl', title: 'Open the project in Atlas', url: jobSubjectOf(event).projectUrl },
    ]);
    expect(cardOf(anEvent('failed', { projectUrl: null })).actions).toEqual([]);
    expect(cardOf(anEvent('failed', { projectUrl: 'javascript:alert(1)' })).actions).toEqual([]);
  });

  it.each([
    ['failed', {}, 'attention'],
    ['stalled', {}, 'warning'],
    ['finished', {}, 'good'],
    ['started', {}, 'accent'],
    ['failed', { test: true }, 'accent'],
  ] as const)('tells by its colour how bad it is: %s %j is %s', (name, over, style) => {
    expect(cardOf(anEvent(name, over)).body[0]).toMatchObject({ type: 'Container', style });
  });

  it('marks a sample', () => {
    expect(cardOf(anEvent('failed', { test: true })).fallbackText).toMatch(/^🧪 \[TEST\] /);
    expect(seen(anEvent('failed', { test: true }))).toMatch(/^🧪 \\\[TEST\\\] /);
  });

  it.each(EVENT_NAMES)('keeps the published shape: %s', (name) => {
    expectTeamsTakes(messageOf([sampleEvent(name, { channel: 'team', now: T0 })]));
    if (name.includes('_')) expectTeamsTakes(messageOf([anEvent(name, { projectUrl: null })]));
  });
});

describe('a Teams card about several events', () => {
  const events = [anEvent('started'), anEvent('failed'), anEvent('finished', { watch: 'ledger' })];

  it('lists them in their order, under the colour of the worst', () => {
    const card = cardOf(...events);

    expect(card.body[0]).toMatchObject({ style: 'attention' });
    expect(seen(...events)).toMatch(
      /^🔴 3 events about restores\n.* started\n.*\n.* failed after 14 min\n.*\n.* finished after 14 min\n.*Watch ledger/,
    );
    expect(card.body.slice(1, -1).map((element) => 'style' in element && element.style)).toEqual([
      'accent',
      'attention',
      'good',
    ]);
    expect(JSON.stringify(card.body.at(-1))).toMatch(/Who was told, and why: restore.{1,2}watcher history/);
  });

  it('links each to its project', () => {
    expect(seen(...events).match(/\[Open the project in Atlas\]\(https:/g)).toHaveLength(3);
  });

  it('keeps the published shape', () => {
    expectTeamsTakes(messageOf(events));
  });
});

describe('what a Teams card does with text from outside', () => {
  it.each([1, 10])('fits whatever it is: %i events at once', (count) => {
    expectTeamsTakes(messageOf(Array.from({ length: count }, monster)));
  });

  it('shortens no more than it has to', () => {
    const note = 'n'.repeat(390);

    expect(seen(anEvent('failed', { note }))).toContain(note);
  });

  it('leaves none of it to be taken for formatting, a link or a function', () => {
    const text = seen(
      anEvent('failed', {
        summary: NASTY,
        job: aJob(['failed'], {
          targetClusterName: '[click](https://evil.example.com)',
          errorMessage: NASTY,
        }),
        projectUrl: null,
        occurredAt: T0 + 14 * MINUTE,
      }),
    );

    expect(text).not.toMatch(/\]\(/);
    expect(text).not.toMatch(/(?<!\\)[*_`]/);
    expect(text).not.toContain('{{DATE(2026-01-01');
    expect(text).not.toMatch(/(?<!\\)<at>/);
  });

  it.each([
    ['plain', 'prod-eu.orders (copy) #1', 'prod-eu.orders (copy) #1'],
    ['bold', '**x** __y__', '\\*\\*x\\*\\* \\_\\_y\\_\\_'],
    ['a backslash', 'a\\*b', 'a\\\\\\*b'],
    ['a list', '- x', '\\- x'],
    ['a numbered list', '1. x', '1\\. x'],
    ['a heading', '# x', '\\# x'],
    ['an entity', 'a &amp; b & c', 'a \\&amp; b & c'],
    ['a function', '{{TIME(x)}} {{{x', '{\\{TIME(x)}} {\\{\\{x'],
    ['nothing', ' ', '—'],
  ])('shows %s as it was written', (_what, text, expected) => {
    expect(escaped(text, 100)).toBe(expected);
  });

  it('cuts before it escapes, and no character in two', () => {
    expect(escaped('ab*cd', 4)).toBe('ab\\*…');
    expect(escaped('ab\u{1F4A5}cd', 4)).toBe('ab…');
    expect(escaped('ab\u{1F4A5}cd', 5)).toBe('ab\u{1F4A5}…');
  });
});

describe('a digest in Teams', () => {
  const digestOf = (...events: WatcherEvent[]) =>
    teamsMessage(
      events.map((event) => tellPlainly(event)),
      { timeZone: 'Europe/Berlin' },
      titleOfDigest,
    );
  const finished = anEvent('finished', { job: aJob(['finished'], { id: 'a'.repeat(24) }) });

  it('begins with what it comes to, since when, and lists each event as any list does', () => {
    const message = digestOf(finished, anEvent('failed'));
    expectTeamsTakes(message);
    const card = message.attachments[0]!.content;
    const title = '🔴 Restores since Mon 09:14: 1 failed, 1 finished';
    expect(card.fallbackText).toBe(title);
    expect(card.body[0]).toMatchObject({ type: 'Container', style: 'attention' });
    expect(textsOf(card.body[0]!)).toEqual([title]);
    const list = messageOf([finished, anEvent('failed')], 'Europe/Berlin').attachments[0]!.content;
    expect(card.body.slice(1)).toEqual(list.body.slice(1));
  });

  it('of one event is the card it would have been', () => {
    expect(digestOf(finished)).toEqual(messageOf([finished], 'Europe/Berlin'));
  });
});
