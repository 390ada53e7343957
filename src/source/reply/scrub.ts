import { LINK, maskAll, quotedForms } from '../../net/scrub.ts';

/** Longer text than this is no fact about a job; it is cut. */
const MAX_LENGTH = 300;

const SECRETS: readonly RegExp[] = [
  LINK,
  // A download link that has lost its scheme.
  /\b[\w-]+(?:\.[\w-]+)*\.mongodb[\w-]*\.(?:net|com)(?::\d+)?\/[^\s"'<>]+/gi,
  // The secret of a service account.
  /\bmdb_sa_sk_[\w-]+/gi,
];

/** Shorter credentials are ordinary words. Atlas's own public keys have eight letters. */
const SHORTEST_CREDENTIAL = 8;

/**
 * Text from Atlas without links and credentials, at most 300 characters. Not escaped: that is for whoever shows it.
 * `credentials` are those that we sent, should Atlas quote them.
 */
export function scrubText(text: string, credentials: readonly string[] = []): string {
  const own = credentials.filter(({ length }) => length >= SHORTEST_CREDENTIAL);
  const clean = maskAll(text, [...quotedForms(own), ...SECRETS], '[removed]');
  return clean.length > MAX_LENGTH ? `${clean.slice(0, MAX_LENGTH)}…` : clean;
}

/** The same for a short value such as a name. Cheap for what can hold neither a link nor a secret. */
export function scrubValue(value: string): string {
  return value.length > MAX_LENGTH || value.includes('/') || value.includes('mdb_sa_')
    ? scrubText(value)
    : value;
}
