import { describe, expect, it } from 'vitest';
import { composeDigest } from '../../src/channels/email/digest.ts';
import { composeMail } from '../../src/channels/email/message.ts';
import { teamsMessage } from '../../src/channels/msteams/card.ts';
import { pagerDutyEvents } from '../../src/channels/pagerduty/event.ts';
import { slackMessage } from '../../src/channels/slack/message.ts';
import { tellPlainly } from '../../src/channels/teller.ts';
import { toCloudEvent } from '../../src/domain/event/cloud-event.ts';
import type { WatcherEvent } from '../../src/domain/event/event.ts';
import { linksOf } from '../../src/domain/event/links.ts';
import { valuesOf } from '../../src/templates/values.ts';
import { aJob, anEvent, GROUP_ID } from '../support/builders.ts';

const PUBLIC = 'https://restores.example.com';
const ATLAS = `https://cloud.mongodb.com/v2/${GROUP_ID}`;
const JOB = aJob(['failed']);
const PAGE = `${PUBLIC}/jobs/${JOB.id}`;
const FAILED = anEvent('failed', { job: JOB });
const MAIL = { channel: 'dba', from: 'restores@example.com', to: ['dba@example.com'], timeZone: null };
const tell = (event: WatcherEvent) => tellPlainly(event, PUBLIC);
const plainly = (event: WatcherEvent) => tellPlainly(event);

describe('what a message leads to', () => {
  it('is the page of its restore first, and the project in Atlas beside it', () => {
    expect(linksOf(FAILED, PUBLIC)).toEqual([
      { to: 'page', label: 'Open the restore', url: PAGE },
      { to: 'atlas', label: 'Open the project in Atlas', url: ATLAS },
    ]);
  });

  it.each(['watch_failing', 'channel_failing'] as const)('is the page itself for %s', (name) => {
    expect(linksOf(anEvent(name), PUBLIC)[0]).toEqual({
      to: 'page',
      label: 'Open the page',
      url: `${PUBLIC}/`,
    });
  });

  it('is Atlas alone where nobody has told where the page is', () => {
    expect(linksOf(FAILED, null).map(({ to }) => to)).toEqual(['atlas']);
  });

  it.each([
    ['../../-/reload', '/jobs/..%2F..%2F-%2Freload'],
    ['a?b#c', '/jobs/a%3Fb%23c'],
    ['*a*_b_~c~(d)', '/jobs/%2Aa%2A%5Fb%5F%7Ec%7E%28d%29'],
    ['<|>"&', '/jobs/%3C%7C%3E%22%26'],
    ['\ud800', '/jobs/%EF%BF%BD'],
    ['..', '/'],
    ['.', '/'],
    ['', '/'],
    ['x'.repeat(101), '/'],
  ])('is encoded: %j', (id, path) => {
    const [page] = linksOf(anEvent('failed', { job: aJob(['failed'], { id }) }), PUBLIC);
    expect(page?.url).toBe(`${PUBLIC}${path}`);
    expect(new URL(page?.url ?? '').href).toBe(page?.url);
  });
});

describe('the link to the page', () => {
  it('stands in a Slack message, alone and in a list', () => {
    const link = `<${PAGE}|Open the restore>`;
    expect(slackMessage([tell(FAILED)], { timeZone: null }).blocks).toContainEqual({
      type: 'section',
      text: { type: 'mrkdwn', text: `*${link}* · *<${ATLAS}|Open the project in Atlas>*`, verbatim: true },
    });
    const list = slackMessage([tell(FAILED), tell(anEvent('watch_failing'))], { timeZone: null });
    expect(JSON.stringify(list)).toContain(link);
    expect(JSON.stringify(list)).toContain(`<${PUBLIC}/|Open the page>`);
  });

  it('stands in both parts of a mail', () => {
    const { text, html } = composeMail(tell(FAILED), MAIL);
    expect(text).toContain(`\nOpen the restore: ${PAGE}\nOpen the project in Atlas: ${ATLAS}\n`);
    expect(html).toMatch(new RegExp(`<a href="${PAGE}"[^>]*>Open the restore</a>\n<a href="${ATLAS}"`));
  });

  it('stands at each event of a digest', () => {
    const { text, html } = composeDigest([tell(FAILED), tell(anEvent('watch_failing'))], MAIL);
    for (const [label, url] of [
      ['Open the restore', PAGE],
      ['Open the page', `${PUBLIC}/`],
    ]) {
      expect(text).toContain(`   ${label}: ${url}\n`);
      expect(html).toContain(`<br><a href="${url}">${label}</a>`);
    }
    expect(composeDigest([plainly(FAILED), plainly(FAILED)], MAIL).html).not.toContain('<a ');
  });

  it('stands on a Teams card, alone and in a list', () => {
    const [card] = teamsMessage([tell(FAILED)], { timeZone: null }).attachments;
    expect(card?.content.actions).toEqual([
      { type: 'Action.OpenUrl', title: 'Open the restore', url: PAGE },
      { type: 'Action.OpenUrl', title: 'Open the project in Atlas', url: ATLAS },
    ]);
    expect(JSON.stringify(teamsMessage([tell(FAILED), tell(FAILED)], { timeZone: null }))).toContain(
      `[Open the restore](${PAGE})`,
    );
  });

  it('stands in an alert of PagerDuty', () => {
    const [trigger] = pagerDutyEvents(tell(FAILED));
    expect(trigger).toMatchObject({
      links: [
        { href: PAGE, text: 'Open the restore' },
        { href: ATLAS, text: 'Open the project in Atlas' },
      ],
    });
  });

  it('stands in what a webhook gets, and only there where it is known', () => {
    expect(toCloudEvent(FAILED, PUBLIC).data.pageUrl).toBe(PAGE);
    expect(toCloudEvent(anEvent('watch_failing'), PUBLIC).data.pageUrl).toBe(`${PUBLIC}/`);
    expect(toCloudEvent(FAILED).data).not.toHaveProperty('pageUrl');
  });

  it('is a value for templates, beside the link to Atlas', () => {
    const channel = { name: 'oncall', type: 'slack', timeZone: null };
    expect(valuesOf(FAILED, channel, PUBLIC)).toMatchObject({
      pageUrl: PAGE,
      message: { link: { url: ATLAS } },
    });
    expect(valuesOf(FAILED, channel, null)).toMatchObject({ pageUrl: null });
  });
});
