/** Makes text from outside fit for an error, a log line or the database. */
export type Scrub = (text: string) => string;

const LONGEST = 200;
/** Shorter parts of an address are words (`api`, `hooks`), not secrets. */
const SHORTEST_SECRET_PART = 8;

/**
 * Builds the cleaner for one channel: its secrets are masked (as they stand and percent-encoded), links are cut out, the rest is
 * one line of at most 200 characters.
 */
export function createScrub(secrets: ReadonlyArray<string | null>): Scrub {
  const forms = secrets
    .flatMap((secret) => (secret ? [secret, encodeURIComponent(secret.toWellFormed())] : []))
    // The longest first: a secret that holds another must go as a whole.
    .sort((a, b) => b.length - a.length);
  return (text) => {
    const masked = forms.reduce((rest, form) => rest.replaceAll(form, '***'), text.toWellFormed());
    const line = masked
      .replace(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, '[link]')
      .replace(/[\p{Cc}\s\u2028\u2029]+/gu, ' ')
      .trim();
    const characters = [...line];
    return characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join('')}…` : line;
  };
}

/** An address that is a secret, and the parts of it that are secret on their own when a receiver quotes them. */
export function urlSecrets(url: string): string[] {
  if (!URL.canParse(url)) return [url];
  const { href, pathname, search, searchParams, username, password } = new URL(url);
  const parts = [...pathname.split('/'), ...searchParams.values(), username, password];
  return [url, href, `${pathname}${search}`, ...parts].filter((part) => part.length >= SHORTEST_SECRET_PART);
}
