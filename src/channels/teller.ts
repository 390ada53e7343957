import type { WatcherEvent } from '../domain/event/event.ts';
import { describeEvent, type Message, markOf, SAMPLE_NOTE } from '../domain/event/message.ts';
import { oneLine } from '../domain/one-line.ts';
import { toError } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import type { ChannelTemplate } from '../templates/channel-template.ts';
import { createEngine, type EngineOptions, type Escape, type ParsedTemplate } from '../templates/engine.ts';
import { type ChannelFacts, type TemplateValues, valuesOf } from '../templates/values.ts';

/** An event in the words of one channel: the built-in message, and what a template has put in place of its parts. */
export interface Told {
  event: WatcherEvent;
  message: Message;
  /** Plain text on one line, a sample and a reminder marked as such: the whole headline. `null`: the channel makes one of the message's title. */
  headline: string | null;
  /** All that stands between headline and small print. Values in it are escaped for the channel. `null`: the built-in parts. */
  body: string | null;
}

export type Teller = (event: WatcherEvent) => Promise<Told>;

/** What a teller needs to know of its channel. */
export interface TellerOptions extends ChannelFacts, Pick<EngineOptions, 'renderLimitMs'> {
  template: ChannelTemplate | null;
  /** Where people reach the page, without a slash at its end; `null`: messages do not lead there. */
  publicUrl?: string | null;
  /** What makes a value safe in the body. A headline is plain text, which the channel escapes as a whole. */
  escapeValue: Escape;
  logger: Logger;
}

/** The built-in message alone. `publicUrl`: see `TellerOptions`. */
export function tellPlainly(event: WatcherEvent, publicUrl: string | null = null): Told {
  return { event, message: describeEvent(event, publicUrl), headline: null, body: null };
}

/**
 * Puts events into the words of a channel. A part of a template that fails, or comes out empty, leaves the built-in part in its place:
 * an alert is never lost over its wording. A failure is logged once. What a template cannot touch: the ids, the footnotes, and that a
 * sample or a reminder says that it is one.
 */
export function createTeller(options: TellerOptions): Teller {
  const { template, publicUrl = null, logger, name } = options;
  if (template === null) return async (event) => tellPlainly(event, publicUrl);
  const toldFaults = new Set<string>();
  const headline = createPart(template.title, (text) => text, options);
  const body = createPart(template.body, options.escapeValue, options);

  const attempt = async (what: 'title' | 'body', part: Part, event: WatcherEvent): Promise<string> => {
    try {
      return await part(valuesOf(event, options, publicUrl));
    } catch (thrown) {
      const message = `The template for the ${what} of channel ${name} fails, the built-in ${what} is sent: ${toError(thrown).message}`;
      if (!toldFaults.has(message)) logger.warn(message, { channel: name });
      toldFaults.add(message);
      return '';
    }
  };

  return async (event) => {
    const told = tellPlainly(event, publicUrl);
    const title = oneLine(await attempt('title', headline, event));
    const text = (await attempt('body', body, event)).trimEnd().replace(/^\s*\n/, '');
    return {
      event,
      message: text !== '' && event.test ? withSampleNote(told.message) : told.message,
      headline: title === '' ? null : `${markOf(event)}${title}`,
      body: text === '' ? null : text,
    };
  };
}

type Part = (values: TemplateValues) => Promise<string>;

/** Parses when it is first needed, and once; what cannot be loaded or parsed is tried again with the next event. */
function createPart(
  text: string | null,
  escapeValue: Escape,
  { timeZone, renderLimitMs }: TellerOptions,
): Part {
  if (text === null) return async () => '';
  let parsed: ParsedTemplate | null = null;
  return async (values) => {
    parsed ??= (await createEngine({ escapeValue, timeZone, renderLimitMs })).parse(text);
    return parsed.render(values);
  };
}

/** The built-in advice says so; with a body of another's making, the footnotes do. */
function withSampleNote(message: Message): Message {
  return { ...message, footnotes: [SAMPLE_NOTE, ...message.footnotes] };
}
