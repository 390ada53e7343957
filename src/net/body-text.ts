const UTF_8 = new TextDecoder();

/** What a body begins with that says itself how it is to be read. */
const MARKS: ReadonlyArray<[bytes: readonly number[], charset: string]> = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xfe, 0xff], 'utf-16be'],
  [[0xff, 0xfe], 'utf-16le'],
];

/**
 * The text of a body: by its byte order mark, else by the `charset` of its content type, else UTF-8. Never throws: what cannot be read
 * becomes U+FFFD, and a character set that nobody knows is taken for UTF-8.
 */
export function decodeText(bytes: Uint8Array, contentType: string | null): string {
  const marked = MARKS.find(([mark]) => mark.every((byte, index) => bytes[index] === byte))?.[1];
  return decoderFor(marked ?? charsetOf(contentType)).decode(bytes);
}

function charsetOf(contentType: string | null): string {
  return /;\s*charset\s*=\s*["']?([^\s;,"']+)/i.exec(contentType ?? '')?.[1]?.toLowerCase() ?? 'utf-8';
}

function decoderFor(charset: string): typeof UTF_8 {
  if (charset === 'utf-8') return UTF_8;
  try {
    return new TextDecoder(charset);
  } catch {
    return UTF_8;
  }
}
