import { decodeBody, decodeHeader } from './mail-encoding.ts';

/** A mail, as far as a reader looks at it. */
export interface ReadMail {
  /** Names in lower case, unfolded and decoded; of a header that comes several times, the first. */
  headers: Readonly<Record<string, string>>;
  subject: string;
  /** With its angle brackets; empty when there is none. */
  messageId: string;
  inReplyTo: string;
  references: string[];
  /** The first text/plain part, with `\n` line ends; empty when there is none. */
  text: string;
  /** The first text/html part. */
  html: string;
}

interface Part {
  headers: Record<string, string>;
  body: string;
}

/** Takes a mail apart: encoded words (RFC 2047), quoted-printable, base64, nested multiparts. Bodies sent as 8bit are taken as UTF-8. */
export function readMail(raw: string): ReadMail {
  const mail = splitPart(raw);
  const leaves = leavesOf(mail);
  const decoded = Object.entries(mail.headers).map(([name, value]) => [name, decodeHeader(value)]);
  const headers: Record<string, string> = Object.fromEntries(decoded);
  return {
    headers,
    subject: headers.subject ?? '',
    messageId: headers['message-id'] ?? '',
    inReplyTo: headers['in-reply-to'] ?? '',
    references: (headers.references ?? '').split(/\s+/).filter((id) => id !== ''),
    text: bodyOf(leaves, 'text/plain'),
    html: bodyOf(leaves, 'text/html'),
  };
}

function bodyOf(leaves: readonly Part[], wanted: string): string {
  const part = leaves.find(({ headers }) => {
    const isAttached = /^\s*attachment/i.test(headers['content-disposition'] ?? '');
    return !isAttached && typeOf(headers).type === wanted;
  });
  if (!part) return '';
  const { parameters } = typeOf(part.headers);
  return decodeBody(part.body, {
    encoding: (part.headers['content-transfer-encoding'] ?? '7bit').trim().toLowerCase(),
    charset: parameters.charset ?? 'utf-8',
    isFlowed: parameters.format?.toLowerCase() === 'flowed',
  });
}

function leavesOf(part: Part): Part[] {
  const { type, parameters } = typeOf(part.headers);
  if (!type.startsWith('multipart/') || parameters.boundary === undefined) return [part];
  return splitMultipart(part.body, parameters.boundary).flatMap((inner) => leavesOf(splitPart(inner)));
}

/** The parts between the boundary lines, without preamble and epilogue. */
function splitMultipart(body: string, boundary: string): string[] {
  const parts: string[][] = [];
  for (const line of body.split(/\r?\n/)) {
    const mark = line.trimEnd();
    if (mark === `--${boundary}--`) break;
    if (mark === `--${boundary}`) parts.push([]);
    else parts.at(-1)?.push(line);
  }
  return parts.map((lines) => lines.join('\r\n'));
}

function splitPart(raw: string): Part {
  const [, head = raw, body = ''] = /^(.*?)(?:\r?\n){2}(.*)$/s.exec(raw) ?? [];
  const headers: Record<string, string> = {};
  // A line that begins with white space goes on with the header above it.
  for (const line of head.replace(/\r?\n(?=[ \t])/g, '').split(/\r?\n/)) {
    const [, name, value = ''] = /^([^\s:]+):\s*(.*)$/s.exec(line) ?? [];
    if (name !== undefined) headers[name.toLowerCase()] ??= value.trimEnd();
  }
  return { headers, body };
}

function typeOf(headers: Readonly<Record<string, string>>): {
  type: string;
  parameters: Record<string, string>;
} {
  const [type = '', ...rest] = (headers['content-type'] ?? 'text/plain').split(';');
  const found = rest.join(';').matchAll(/([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s;"]+))/g);
  const pairs = [...found].map(([, name = '', quoted, plain]) => [name.toLowerCase(), quoted ?? plain ?? '']);
  return { type: type.trim().toLowerCase(), parameters: Object.fromEntries(pairs) };
}
