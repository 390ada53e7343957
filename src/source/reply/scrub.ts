import { shortenToCharacters } from '../../domain/shorten.ts';
import { withoutLinks } from '../../net/redact/links.ts';
import { createRedactor, type Redactor } from '../../net/redact/redactor.ts';

/** Longer text than this is no fact about a job; it is cut. */
const MAX_LENGTH = 300;
/** No more of a text is looked at than can matter after links and secrets have shrunk. */
const LOOKED_AT = 4_096;

const MARK = '[removed]';

/** A download link that has lost its scheme. */
const BARE_LINK = /(?<![\w.-])[\w.-]*mongodb[\w-]{0,20}\.(?:net|com)(?::\d{1,5})?\/\S+/gi;

/** Secrets that Atlas may quote. */
export interface Quotable {
  /** What the connection itself sends: its credential, and tokens made of it. */
  credentials: readonly string[];
  /** Knows all other secrets. Absent: there are none. */
  redactor?: Redactor | undefined;
}

/** Text from Atlas without links and secrets, well-formed, at most 300 characters. Not escaped: that is for whoever shows it. */
export function scrubText(text: string, { credentials, redactor }: Quotable = { credentials: [] }): string {
  const { redact } = createRedactor(credentials, redactor);
  const clean = withoutLinks(redact(text.toWellFormed(), LOOKED_AT), MARK).replace(BARE_LINK, MARK);
  return shortenToCharacters(clean, MAX_LENGTH);
}

/** The same for a short value such as a name. Cheap for what can hold neither a link nor a secret. */
export function scrubValue(value: string): string {
  return value.length > MAX_LENGTH || value.includes('/') || value.includes('mdb_sa_')
    ? scrubText(value)
    : value.toWellFormed();
}
