/** `Name <address>`, with nothing in the name that would make it several addresses. */
const NAMED = /^([^<>]+)<([^<>]*)>$/;
const IS_QUOTED = /^"(?:[^"\\]|\\.)*"$/;
const IS_LIST = /@[^@,;]*[,;]/;
/** What means something of its own in a header (RFC 5322, section 3.2.3): a name with a colon would be that of a group. */
const SPECIAL = /["()[\]:;@\\,.]/;

/** An address as people write it, with its name in quotation marks where a mail needs them: `"Alert: Restores" <a@example.com>`. */
export function quotedMailbox(text: string): string {
  const [, written = '', address = ''] = NAMED.exec(text.trim()) ?? [];
  const name = written.trim();
  if (!SPECIAL.test(name) || IS_QUOTED.test(name) || IS_LIST.test(name)) return text;
  return `"${name.replaceAll(/["\\]/g, String.raw`\$&`)}" <${address}>`;
}
