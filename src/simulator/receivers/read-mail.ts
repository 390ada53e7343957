import PostalMime, { decodeWords } from 'postal-mime';

/** A mail, as far as a reader looks at it. */
export interface ReadMail {
  /** Names in lower case, values unfolded and decoded; of a header that comes several times, the first. */
  headers: Readonly<Record<string, string>>;
  subject: string;
  /** With its angle brackets; empty when there is none. */
  messageId: string;
  inReplyTo: string;
  references: string[];
  /** The text/plain part, with `\n` line ends; empty when there is none. */
  text: string;
  /** The text/html part; empty when there is none. */
  html: string;
}

/** Takes a mail apart and decodes its headers and bodies. */
export async function readMail(raw: Uint8Array): Promise<ReadMail> {
  const mail = await PostalMime.parse(raw);
  const decoded = mail.headers.map(({ key, value }) => [key, decodeWords(value)] as const);
  return {
    // Reversed, so that the first of repeated headers stays.
    headers: Object.fromEntries(decoded.toReversed()),
    subject: mail.subject ?? '',
    messageId: mail.messageId ?? '',
    inReplyTo: mail.inReplyTo ?? '',
    references: (mail.references ?? '').split(/\s+/).filter((id) => id !== ''),
    text: mail.text ?? '',
    html: mail.html ?? '',
  };
}
