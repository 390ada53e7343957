import type { HttpBindings } from '@hono/node-server';

/** What is written here is small. More than so many bytes are not read. */
const MAX_BODY_BYTES = 16_384;

/** A body is longer than anything that is asked for here. Answered with 413. */
export class BodyTooLarge extends Error {}

/**
 * Reads the body of a request to its end, whatever length was given for it, if any. Only for a request that is going to be answered:
 * a client that asks first (`Expect: 100-continue`) is told to send it.
 * @returns `too_large` as soon as that shows; `broken` when the client went away.
 */
export async function readBody(
  request: Request,
  { incoming, outgoing }: HttpBindings,
): Promise<{ text: string } | 'too_large' | 'broken'> {
  if (Number(incoming.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return 'too_large';
  if (incoming.headers.expect !== undefined) outgoing.writeContinue();
  const reader = request.body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    while (reader) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      chunks.push(value);
      if (size > MAX_BODY_BYTES) return 'too_large';
    }
    return { text: Buffer.concat(chunks).toString('utf8') };
  } catch {
    return 'broken';
  }
}
