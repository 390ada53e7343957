import { isRecord } from '../../domain/json-object.ts';

/** Slack's own words for what is wrong with a message. https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/#handling_errors */
export interface SlackFault {
  /** The body of Slack's 400. */
  code: 'invalid_payload' | 'no_text' | 'invalid_blocks';
  /** Which limit, for people; Slack itself does not say. */
  problem: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** https://docs.slack.dev/reference/block-kit/blocks/ */
const MAX_BLOCKS = 50;
const MAX_TEXT = 40_000;
const MAX_HEADER = 150;
const MAX_SECTION = 3_000;
const MAX_FIELD = 2_000;
const MAX_FIELDS = 10;
const MAX_CONTEXT_ELEMENTS = 10;
const MAX_ACTIONS = 25;
const MAX_BUTTON = 75;
const MAX_URL = 3_000;

/** What Slack would refuse this payload for; `null` when it would take it. */
export function slackFault(payload: unknown): SlackFault | null {
  if (!isRecord(payload)) return { code: 'invalid_payload', problem: 'not a JSON object' };
  const { text, blocks } = payload;
  if (text !== undefined && typeof text !== 'string') {
    return { code: 'invalid_payload', problem: 'text is no string' };
  }
  if (text !== undefined && text.length > MAX_TEXT) {
    return { code: 'invalid_payload', problem: `text is longer than ${MAX_TEXT}` };
  }
  if (blocks === undefined) return text ? null : { code: 'no_text', problem: 'neither text nor blocks' };
  const problem = Array.isArray(blocks) ? problemOfBlocks(blocks) : 'blocks is no list';
  return problem === null ? null : { code: 'invalid_blocks', problem };
}

function problemOfBlocks(blocks: readonly unknown[]): string | null {
  if (blocks.length > MAX_BLOCKS) return `more than ${MAX_BLOCKS} blocks`;
  return firstOf(blocks, (block, index) => {
    const problem = isRecord(block) ? problemOfBlock(block) : 'not an object';
    return problem === null ? null : `block ${index}: ${problem}`;
  });
}

function problemOfBlock(block: Fields): string | null {
  switch (block.type) {
    case 'header':
      return problemOfText(block.text, MAX_HEADER, ['plain_text']);
    case 'section':
      return problemOfSection(block);
    case 'context':
      return problemOfList(block.elements, MAX_CONTEXT_ELEMENTS, (element) =>
        isRecord(element) && element.type === 'image' ? null : problemOfText(element, MAX_SECTION),
      );
    case 'actions':
      return problemOfList(block.elements, MAX_ACTIONS, (element) =>
        isRecord(element) && element.type === 'button' ? problemOfButton(element) : null,
      );
    case 'divider':
    case 'image':
    case 'rich_text':
      return null;
    default:
      return `unknown type ${JSON.stringify(block.type)}`;
  }
}

function problemOfSection({ text, fields }: Fields): string | null {
  if (text === undefined && fields === undefined) return 'a section without text and fields';
  const ofText = text === undefined ? null : problemOfText(text, MAX_SECTION);
  if (ofText !== null || fields === undefined) return ofText;
  return problemOfList(fields, MAX_FIELDS, (field) => problemOfText(field, MAX_FIELD));
}

function problemOfButton({ text, url }: Fields): string | null {
  if (typeof url === 'string' && url.length > MAX_URL) return `a url longer than ${MAX_URL}`;
  return problemOfText(text, MAX_BUTTON, ['plain_text']);
}

function problemOfText(
  object: unknown,
  limit: number,
  types: readonly string[] = ['plain_text', 'mrkdwn'],
): string | null {
  if (!isRecord(object)) return 'a text that is no object';
  const { type, text } = object;
  if (typeof type !== 'string' || !types.includes(type)) return `a text of type ${JSON.stringify(type)}`;
  if (typeof text !== 'string' || text.length === 0) return 'an empty text';
  return text.length > limit ? `a text longer than ${limit}` : null;
}

function problemOfList(
  list: unknown,
  limit: number,
  problemOf: (item: unknown) => string | null,
): string | null {
  if (!Array.isArray(list) || list.length === 0) return 'an empty list';
  return list.length > limit ? `more than ${limit} items` : firstOf(list, problemOf);
}

function firstOf<T>(list: readonly T[], problemOf: (item: T, index: number) => string | null): string | null {
  for (const [index, item] of list.entries()) {
    const problem = problemOf(item, index);
    if (problem !== null) return problem;
  }
  return null;
}
