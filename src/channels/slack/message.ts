import { EXPLAIN_LABEL, type Fact, type Message } from '../../domain/event/message.ts';
import { explainAllCommand } from '../../domain/explain/command.ts';
import { type ListTitler, titleOfList } from '../list-title.ts';
import { iconOf, rankOf } from '../severity-mark.ts';
import type { Told } from '../teller.ts';
import { code, cutMrkdwn, escaped, link, type Mrkdwn, mrkdwn, type PlainText, plain, time } from './text.ts';

/** A message for an incoming webhook, in Block Kit. https://docs.slack.dev/reference/block-kit/blocks/ */
export interface SlackMessage {
  /** For notifications and lock screens; the channel shows the blocks. */
  text: string;
  blocks: SlackBlock[];
}

export type SlackBlock =
  | { type: 'header'; text: PlainText }
  | { type: 'section'; text: PlainText | Mrkdwn; fields?: never }
  | { type: 'section'; fields: Mrkdwn[]; text?: never }
  | { type: 'context'; elements: Mrkdwn[] };

/** What Slack allows: 150 characters in a header, 3,000 in a section, 2,000 in a field, 10 fields, 50 blocks. Ours are well below. */
const HEADER_LIMIT = 150;
const SECTION_LIMIT = 2_900;
const VALUE_LIMIT = 300;
const SMALL_LIMIT = 100;
const LOCK_SCREEN_LIMIT = 600;
const MAX_FIELDS = 10;

/** What a message of this channel needs besides the events. */
export interface SlackContext {
  /** IANA zone for the times, beside UTC and the reader's own; `null`: those two alone. */
  timeZone: string | null;
}

/** One event in full, or several as a list with a line of small print each. */
export function slackMessage(
  told: readonly Told[],
  context: SlackContext,
  titler: ListTitler = titleOfList,
): SlackMessage {
  const [first] = told;
  return first && told.length === 1 ? single(first, context) : list(told, context, titler);
}

function single(told: Told, context: SlackContext): SlackMessage {
  const { message } = told;
  const title = headlineOf(told);
  return {
    text: escaped(title, LOCK_SCREEN_LIMIT),
    blocks: [
      { type: 'header', text: plain(title, HEADER_LIMIT) },
      ...bodyBlocks(told, context),
      { type: 'context', elements: [mrkdwn(smallPrint(message, message.details).join(' · '))] },
      ...explainBlocks(message.explain),
    ],
  };
}

function headlineOf({ event, message, headline }: Told): string {
  return headline ?? `${iconOf(event)} ${message.title}`;
}

function bodyBlocks({ message, body }: Told, { timeZone }: SlackContext): SlackBlock[] {
  if (body !== null) return [{ type: 'section', text: mrkdwn(cutMrkdwn(body, SECTION_LIMIT)) }];
  return [
    { type: 'section', text: plain(message.advice, SECTION_LIMIT) },
    ...fieldBlocks(message, timeZone),
    ...linkBlocks(message),
  ];
}

/** The worst comes first on a lock screen; in the channel the order is that of life. */
function list(told: readonly Told[], { timeZone }: SlackContext, titler: ListTitler): SlackMessage {
  const byRank = told.toSorted((a, b) => rankOf(b.event) - rankOf(a.event));
  const { title: words, worst } = titler(
    told.map(({ event }) => event),
    timeZone,
  );
  const title = `${iconOf(worst)} ${words}`;
  return {
    text: escaped(
      `${title}: ${byRank.map(({ headline, message }) => headline ?? message.title).join('; ')}`,
      LOCK_SCREEN_LIMIT,
    ),
    blocks: [
      { type: 'header', text: plain(title, HEADER_LIMIT) },
      ...told.flatMap((one) => listEntry(one, timeZone)),
      ...explainBlocks(explainAllCommand(told.map(({ event }) => event))),
    ],
  };
}

function listEntry(told: Told, timeZone: string | null): SlackBlock[] {
  const { message } = told;
  const [when] = message.times;
  const line = [
    ...(when ? [time(when.at, timeZone, ' = ')] : []),
    ...message.facts.filter(({ label }) => label === 'State').map(({ value }) => escaped(value, SMALL_LIMIT)),
    ...smallPrint(
      message,
      message.details.filter(({ label }) => label === 'Watch'),
    ),
    ...message.links.map(({ url, label }) => link(url, label)),
  ];
  return [
    { type: 'section', text: plain(headlineOf(told), VALUE_LIMIT) },
    { type: 'context', elements: [mrkdwn(line.join(' · '))] },
  ];
}

function fieldBlocks({ facts, times }: Message, timeZone: string | null): SlackBlock[] {
  const fields = [
    ...facts.map(
      ({ label, value, foreign }) => `*${label}*\n${(foreign ? code : escaped)(value, VALUE_LIMIT)}`,
    ),
    ...times.map(({ label, at }) => `*${label}*\n${time(at, timeZone, '\n')}`),
  ];
  return [{ type: 'section', fields: fields.slice(0, MAX_FIELDS).map(mrkdwn) }];
}

/**
 * Links in the text and not buttons: a press on a button is reported to the app behind the webhook, which has no address for it,
 * and Slack then shows a warning sign. https://github.com/slackapi/node-slack-sdk/issues/869
 */
function linkBlocks({ links }: Message): SlackBlock[] {
  const targets = links.map(({ url, label }) => `*${link(url, label)}*`);
  return targets.length > 0 ? [{ type: 'section', text: mrkdwn(targets.join(' · ')) }] : [];
}

function explainBlocks(command: string | null): SlackBlock[] {
  if (command === null) return [];
  return [{ type: 'context', elements: [mrkdwn(`${EXPLAIN_LABEL}: ${code(command, VALUE_LIMIT)}`)] }];
}

function smallPrint({ footnotes, ids }: Message, details: readonly Fact[]): string[] {
  const small = ({ label, value }: Fact): string => `${label} ${code(value, SMALL_LIMIT)}`;
  return [...footnotes.map((note) => escaped(note, VALUE_LIMIT)), ...[...details, ...ids].map(small)];
}
