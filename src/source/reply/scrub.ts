import { shortenToCharacters } from '../../domain/shorten.ts';
import { withoutLinks } from '../../net/redact/links.ts';
import { createRedactor, type Redact, type Redactor } from '../../net/redact/redactor.ts';

/** Longer text than this is no fact about a job; it is cut. */
const MAX_LENGTH = 300;
/** No more of a text is looked at than can matter after links and secrets have shrunk. */
const LOOKED_AT = 4_096;

const MARK = '[removed]';

/** A download link that has lost its scheme. */
const BARE_LINK = /(?<![\w.-])[\w.-]*mongodb[\w-]{0,20}\.(?:net|com)(?::\d{1,5})?\/\S+/gi;

/** An id of Atlas, the most frequent of all values, and never a secret. */
const OBJECT_ID = /^[0-9a-f]{24}$/;

/** Makes a text from Atlas fit to be kept and shown. */
export type ScrubValue = (value: string) => string;

/** Secrets that Atlas may quote. */
export interface Quotable {
  /** What the connection itself sends: its credential, and tokens made of it. */
  credentials: readonly string[];
  /** Knows all other secrets. Absent: there are none. */
  redactor?: Redactor | undefined;
}

const NONE: Quotable = { credentials: [] };
const BY_SHAPE = createRedactor();

/** Text from Atlas without links and secrets, well-formed, at most 300 characters. Not escaped: that is for whoever shows it. */
export function scrubText(text: string, quotable: Quotable = NONE): string {
  const clean = withoutLinks(redactOf(quotable)(text.toWellFormed(), LOOKED_AT), MARK).replace(
    BARE_LINK,
    MARK,
  );
  return shortenToCharacters(clean, MAX_LENGTH);
}

/** The same, cheap for a short value that can hold no link, such as a name. */
export function scrubValue(value: string, quotable: Quotable = NONE): string {
  if (OBJECT_ID.test(value)) return value;
  return value.length > MAX_LENGTH || value.includes('/')
    ? scrubText(value, quotable)
    : redactOf(quotable)(value.toWellFormed());
}

function redactOf({ credentials, redactor }: Quotable): Redact {
  return (credentials.length === 0 ? (redactor ?? BY_SHAPE) : createRedactor(credentials, redactor)).redact;
}
