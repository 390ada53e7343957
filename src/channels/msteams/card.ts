import { kindOf, type WatcherEvent } from '../../domain/event/event.ts';
import { EXPLAIN_LABEL, type Fact, type Message } from '../../domain/event/message.ts';
import { explainAllCommand } from '../../domain/explain/command.ts';
import { shorten } from '../../domain/shorten.ts';
import { type ListTitler, titleOfList } from '../list-title.ts';
import { iconOf } from '../severity-mark.ts';
import type { Told } from '../teller.ts';
import { escaped, link, time } from './text.ts';

/** What a Teams workflow takes: a message with one card. https://learn.microsoft.com/en-us/connectors/teams/#microsoft-teams-webhook */
export interface TeamsMessage {
  type: 'message';
  attachments: Array<{ contentType: 'application/vnd.microsoft.card.adaptive'; content: AdaptiveCard }>;
}

/** The parts that are used here of https://adaptivecards.io/explorer/. Version 1.4 is what every client of Teams shows. */
interface AdaptiveCard {
  $schema: 'http://adaptivecards.io/schemas/adaptive-card.json';
  type: 'AdaptiveCard';
  version: '1.4';
  msteams: { width: 'Full' };
  /** Instead of the card, where it cannot be shown. Plain text. */
  fallbackText: string;
  body: CardElement[];
  actions: Array<{ type: 'Action.OpenUrl'; title: string; url: string }>;
}

type CardElement =
  | {
      type: 'TextBlock';
      text: string;
      wrap: true;
      weight?: 'Bolder';
      size?: TextSize;
      isSubtle?: true;
      spacing?: 'None';
    }
  | { type: 'FactSet'; facts: Array<{ title: string; value: string }> }
  | { type: 'Container'; style: Style; bleed?: true; separator?: true; items: CardElement[] };

type TextSize = 'Medium' | 'Small';
type Style = 'attention' | 'warning' | 'good' | 'accent';

/**
 * A message may have about 28 KB, everything counted (https://learn.microsoft.com/en-us/connectors/teams/#known-issues-and-limitations-with-actions);
 * beyond that the workflow fails after it has accepted, and nobody would know. Hence a good margin.
 */
const BYTES = 22_000;
/** How long a single text may be, from generous to what keeps ten events within the limit whatever they hold. */
const TEXT_LIMITS = [400, 150, 40] as const;
/** How many times longer the whole body of a template may be. */
const BODY_FACTOR = 10;
/** A longer address cannot be cut, so it is left out. */
const URL_LIMIT = 500;
const COMMAND_LIMIT = 300;
const SHORTEST_LIMIT = TEXT_LIMITS[2];

/** What a card of this channel needs besides the events. */
export interface TeamsContext {
  /** IANA zone for the times, beside UTC; `null`: the reader's own. */
  timeZone: string | null;
}

/** What a card is made with. */
interface Making extends TeamsContext {
  /** Of a text from outside, in characters. */
  limit: number;
  titler: ListTitler;
}

/** One event in full, or several as a list. Texts are shortened until the whole fits. */
export function teamsMessage(
  told: readonly Told[],
  { timeZone }: TeamsContext,
  titler: ListTitler = titleOfList,
): TeamsMessage {
  const fits = (message: TeamsMessage): boolean => Buffer.byteLength(JSON.stringify(message)) <= BYTES;
  for (const limit of TEXT_LIMITS) {
    const message = messageWithin(told, { limit, timeZone, titler });
    if (fits(message)) return message;
  }
  return messageWithin(told, { limit: SHORTEST_LIMIT, timeZone, titler });
}

function messageWithin(told: readonly Told[], making: Making): TeamsMessage {
  const [first] = told;
  const card = first && told.length === 1 ? single(first, making) : list(told, making);
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: card }],
  };
}

function single(told: Told, making: Making): AdaptiveCard {
  const { limit } = making;
  const { event, message, body } = told;
  return cardOf(
    plainHeadlineOf(told, limit),
    [
      banner(headlineOf(told, limit), styleOf(event)),
      ...(body === null ? builtInBody(message, making) : ownBody(body, limit)),
      small(smallPrint(message, message.details, limit)),
      ...explained(message.explain),
    ],
    body === null ? actionsOf(message) : [],
  );
}

function plainHeadlineOf({ event, message, headline }: Told, limit: number): string {
  return headline === null ? `${iconOf(event)} ${shorten(message.title, limit)}` : shorten(headline, limit);
}

function headlineOf({ event, message, headline }: Told, limit: number): string {
  return headline === null ? `${iconOf(event)} ${escaped(message.title, limit)}` : escaped(headline, limit);
}

function builtInBody(message: Message, making: Making): CardElement[] {
  return [{ type: 'TextBlock', text: message.advice, wrap: true }, factSet(message, making)];
}

function actionsOf(message: Message): AdaptiveCard['actions'] {
  return shortLinks(message).map(({ label, url }) => ({
    type: 'Action.OpenUrl',
    title: label,
    url: new URL(url).href,
  }));
}

/**
 * Somebody's Markdown, a block for each line: a single line break means nothing in a block, and how far apart two of them put the lines
 * differs from client to client (https://github.com/microsoft/AdaptiveCards/issues/5538). A blank line parts paragraphs.
 */
function ownBody(body: string, limit: number): CardElement[] {
  const lines = shorten(body, limit * BODY_FACTOR)
    .split('\n')
    .map((line) => line.trim());
  return lines.flatMap((text, index): CardElement[] => {
    if (text === '') return [];
    const beginsParagraph = index === 0 || lines[index - 1] === '';
    return [
      { type: 'TextBlock', text, wrap: true, ...(beginsParagraph ? {} : { spacing: 'None' as const }) },
    ];
  });
}

/** The colour is that of the worst; the order is that of life. */
function list(told: readonly Told[], making: Making): AdaptiveCard {
  const { title: words, worst } = making.titler(
    told.map(({ event }) => event),
    making.timeZone,
  );
  const title = `${iconOf(worst)} ${words}`;
  const explain = explainAllCommand(told.map(({ event }) => event));
  return cardOf(
    title,
    [banner(title, styleOf(worst)), ...told.map((one) => listEntry(one, making)), ...explained(explain)],
    [],
  );
}

function listEntry(told: Told, { limit, timeZone }: Making): CardElement {
  const { event, message } = told;
  const [when] = message.times;
  const line = [
    ...(when ? [time(when.at, timeZone)] : []),
    ...message.facts.filter(({ label }) => label === 'State').map(({ value }) => escaped(value, limit)),
    ...smallPrint(
      message,
      message.details.filter(({ label }) => label === 'Watch'),
      limit,
    ),
    ...shortLinks(message).map(({ url, label }) => link(url, label)),
  ];
  const title: CardElement = {
    type: 'TextBlock',
    text: headlineOf(told, limit),
    wrap: true,
    weight: 'Bolder',
  };
  return { type: 'Container', style: styleOf(event), separator: true, items: [title, small(line)] };
}

function cardOf(fallbackText: string, body: CardElement[], actions: AdaptiveCard['actions']): AdaptiveCard {
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    fallbackText,
    body,
    actions,
  };
}

function banner(title: string, style: Style): CardElement {
  const text: CardElement = { type: 'TextBlock', text: title, wrap: true, weight: 'Bolder', size: 'Medium' };
  return { type: 'Container', style, bleed: true, items: [text] };
}

function factSet({ facts, times }: Message, { limit, timeZone }: Making): CardElement {
  return {
    type: 'FactSet',
    facts: [
      ...facts.map(({ label, value }) => ({ title: label, value: escaped(value, limit) })),
      ...times.map(({ label, at }) => ({ title: label, value: time(at, timeZone) })),
    ],
  };
}

function small(texts: readonly string[]): CardElement {
  return { type: 'TextBlock', text: texts.join(' · '), wrap: true, size: 'Small', isSubtle: true };
}

/** A command that is cut is of no use: it has room of its own. */
function explained(command: string | null): CardElement[] {
  return command === null ? [] : [small([`${EXPLAIN_LABEL}: ${escaped(command, COMMAND_LIMIT)}`])];
}

function smallPrint({ footnotes, ids }: Message, details: readonly Fact[], limit: number): string[] {
  return [
    ...footnotes,
    ...[...details, ...ids].map(({ label, value }) => `${label} ${escaped(value, limit)}`),
  ];
}

function styleOf({ name, severity, test }: WatcherEvent): Style {
  if (test) return 'accent';
  if (severity === 'critical') return 'attention';
  if (severity === 'warning') return 'warning';
  return kindOf(name).isRelief ? 'good' : 'accent';
}

function shortLinks({ links }: Message): Message['links'] {
  return links.filter(({ url }) => url.length <= URL_LIMIT);
}
