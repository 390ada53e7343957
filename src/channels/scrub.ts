import { withoutLayout } from '../domain/one-line.ts';
import { shortenToCharacters } from '../domain/shorten.ts';
import { withoutLinks } from '../net/redact/links.ts';
import { createRedactor, type Redactor } from '../net/redact/redactor.ts';

/** Makes text from outside fit for an error, a log line or the database. */
export type Scrub = (text: string) => string;

const LONGEST = 200;
/** No more of a text is looked at: there is nothing in a receiver's answer that takes longer to say. */
const LOOKED_AT = 4_096;

/**
 * Builds the cleaner for one channel: secrets are taken out, those of the channel and those that `others` knows, links are cut out, the
 * rest is one line of at most 200 characters.
 */
export function createScrub(secrets: readonly string[], others?: Redactor): Scrub {
  const own = createRedactor(secrets, others);
  return (text) => {
    const clean = withoutLinks(own.redact(text.toWellFormed(), LOOKED_AT), '[link]');
    return shortenToCharacters(withoutLayout(clean).replace(/\s+/g, ' ').trim(), LONGEST);
  };
}
