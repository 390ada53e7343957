import { findTemplateFault } from '../../templates/check.ts';
import { isTimeZone } from '../addresses.ts';
import { whyUnreadable } from '../text/interpolate.ts';
import type { Path } from '../text/paths.ts';
import { entriesOf, type Rule, type RuleContext } from './rule.ts';

const KEYS = ['title', 'body', 'bodyFile'] as const;

/** A body stands in the configuration or in a file of its own. */
export const bodiesStandOnce: Rule = ({ config, fault }) => {
  for (const [index, channel] of entriesOf(config.channels)) {
    if (!('template' in channel) || !channel.template) continue;
    if (!('bodyFile' in channel.template) || channel.template.bodyFile === undefined) continue;
    if (channel.template.body !== undefined) {
      fault(['channels', index, 'template', 'bodyFile'], 'expected either this or "body", not both');
    }
  }
};

/** What would fail when there is something to tell fails here. */
export const templatesRender: Rule = async (context) => {
  for (const [index, channel] of entriesOf(context.config.channels)) {
    if (!('template' in channel) || !channel.template) continue;
    const { name = '', type = '' } = channel;
    const timeZone = 'timeZone' in channel ? (channel.timeZone ?? null) : null;
    // A zone that does not exist is told by its own rule.
    const facts = { name, type, timeZone: timeZone !== null && isTimeZone(timeZone) ? timeZone : null };
    for (const key of KEYS) {
      const written: unknown = Reflect.get(channel.template, key);
      if (typeof written !== 'string') continue;
      const path = ['channels', index, 'template', key];
      const problem = await problemOf(context, path, { isFile: key === 'bodyFile', written, facts });
      if (problem !== null) context.fault(path, problem);
    }
  }
};

async function problemOf(
  { found, readFile, isFilledIn }: RuleContext,
  path: Path,
  {
    isFile,
    written,
    facts,
  }: { isFile: boolean; written: string; facts: Parameters<typeof findTemplateFault>[1] },
): Promise<string | null> {
  if (!isFile && isFilledIn(path)) {
    return `expected a Liquid text without placeholders, found ${found(path)}: people read what a template says, and that may be a secret`;
  }
  let text = written;
  if (isFile) {
    try {
      text = await readFile(written);
    } catch (error) {
      return `expected a file with a Liquid text, found ${found(path)}: ${whyUnreadable(error)}`;
    }
  }
  const problem = await findTemplateFault(text, facts);
  if (problem === null) return null;
  return isFile
    ? `expected a file with a Liquid text, found ${found(path)}: ${problem}`
    : `expected a Liquid text: ${problem}`;
}
