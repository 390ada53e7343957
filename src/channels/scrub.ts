import { maskAll, quotedForms } from '../net/scrub.ts';

/** Makes text from outside fit for an error, a log line or the database. */
export type Scrub = (text: string) => string;

/** A link and all that follows without a space: a receiver may quote an address with a quotation mark in its middle. */
const LINK = /\b[a-z][a-z0-9+.-]*:\/\/\S+/gi;
const LONGEST = 200;
/** Shorter parts are words (`api`, `Bearer`), not secrets. */
const SHORTEST_PART = 8;

/**
 * Builds the cleaner for one channel: its secrets are masked (as they stand and percent-encoded), links are cut out, the rest is
 * one line of at most 200 characters.
 */
export function createScrub(secrets: readonly string[]): Scrub {
  const forms = quotedForms(secrets);
  return (text) => {
    const masked = maskAll(text.toWellFormed(), forms, '***');
    const line = maskAll(masked, [LINK], '[link]')
      .replace(/[\p{Cc}\s\u2028\u2029]+/gu, ' ')
      .trim();
    const characters = [...line];
    return characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join('')}…` : line;
  };
}

/**
 * A secret (an address, a signing secret, the value of a header) and its parts that are secret on their own, should a receiver
 * quote just these: the path and the values of a query, the token after `Bearer`, base64 without its `whsec_`.
 */
export function secretForms(secret: string | null): string[] {
  if (secret === null) return [];
  const parts = URL.canParse(secret) ? urlParts(new URL(secret)) : secret.replace(/^whsec_/, '').split(/\s+/);
  return [secret, ...parts.filter((part) => part.length >= SHORTEST_PART)];
}

function urlParts({ href, pathname, search, searchParams, username, password }: URL): string[] {
  return [href, `${pathname}${search}`, ...pathname.split('/'), ...searchParams.values(), username, password];
}
