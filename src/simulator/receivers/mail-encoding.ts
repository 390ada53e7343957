/** How a body was made fit for the way. */
export interface BodyEncoding {
  /** The Content-Transfer-Encoding, lower case. */
  encoding: string;
  charset: string;
  /** `format=flowed` (RFC 3676): a line that ends in a space goes on in the next one. */
  isFlowed: boolean;
}

/** The text of a body, with `\n` line ends. */
export function decodeBody(body: string, { encoding, charset, isFlowed }: BodyEncoding): string {
  const text = unfolded(body, encoding, charset).replace(/\r\n/g, '\n');
  return isFlowed ? joinFlowed(text) : text;
}

function unfolded(body: string, encoding: string, charset: string): string {
  switch (encoding) {
    case 'quoted-printable':
      return decodeBytes(fromQuotedPrintable(body), charset);
    case 'base64':
      return decodeBytes(Buffer.from(body, 'base64'), charset);
    default:
      return body;
  }
}

/** White space at a line's end is no part of the text, and `=` at its end joins it to the next (RFC 2045, 6.7). */
function fromQuotedPrintable(text: string): Buffer {
  return unescaped(text.replace(/[ \t]+(?=\r?\n|$)/g, '').replace(/=\r?\n/g, ''));
}

function unescaped(text: string): Buffer {
  const bytes = text.replace(/=([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1');
}

function joinFlowed(text: string): string {
  const paragraphs: string[] = [];
  let goesOn = false;
  for (const line of text.split('\n')) {
    const plain = line.startsWith(' ') ? line.slice(1) : line;
    if (goesOn) paragraphs.push((paragraphs.pop() ?? '') + plain);
    else paragraphs.push(plain);
    // The mark above a signature ends in a space too.
    goesOn = plain.endsWith(' ') && plain !== '-- ';
  }
  return paragraphs.join('\n');
}

const ENCODED_WORD = /=\?([^?*]+)(?:\*[^?]*)?\?([bq])\?([^?]*)\?=/gi;

/** A header with its encoded words (RFC 2047) decoded. White space between two of them is no part of the text. */
export function decodeHeader(value: string): string {
  const joined = value.replace(/(\?=)\s+(?==\?)/g, '$1');
  // Neighbours of one charset are decoded together: a character may have been cut in two between them.
  const runs = joined.replace(/(?:=\?[^?]+\?[bq]\?[^?]*\?=)+/gi, (run) => decodeRun(run));
  return runs;
}

function decodeRun(run: string): string {
  let text = '';
  let pending: { charset: string; bytes: Buffer[] } | null = null;
  for (const [, charset = '', encoding = '', word = ''] of run.matchAll(ENCODED_WORD)) {
    const name = charset.toLowerCase();
    if (pending && pending.charset !== name) {
      text += decodeBytes(Buffer.concat(pending.bytes), pending.charset);
      pending = null;
    }
    pending ??= { charset: name, bytes: [] };
    pending.bytes.push(
      encoding.toLowerCase() === 'b' ? Buffer.from(word, 'base64') : unescaped(word.replaceAll('_', ' ')),
    );
  }
  return pending ? text + decodeBytes(Buffer.concat(pending.bytes), pending.charset) : text;
}

function decodeBytes(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    // A charset that nobody knows; what is ASCII in it can still be read.
    return bytes.toString('latin1');
  }
}
