/**
 * Any link, whatever its scheme, to the next space: a server may quote an address with a quotation mark in its middle, and in a download
 * link or a webhook the secret is a part of the path.
 */
const LINK = /[a-z][a-z0-9+.-]{0,20}:\/\/\S+/gi;

/** Replaces every link in the text as a whole. */
export function withoutLinks(text: string, mark: string): string {
  return text.replace(LINK, mark);
}
