import type { HttpBindings } from '@hono/node-server';

/** Nothing here takes a body. What comes along all the same is read up to this size, in bytes, and left aside. */
const MAX_BODY_BYTES = 16_384;

/**
 * Reads the body of a request to its end, whatever length was given for it, if any. Only for a request that is going to be answered:
 * a client that asks first (`Expect: 100-continue`) is told to send it.
 * @returns `too_large` as soon as that shows; `broken` when the client went away.
 */
export async function readBody(
  request: Request,
  { incoming, outgoing }: HttpBindings,
): Promise<'read' | 'too_large' | 'broken'> {
  if (Number(incoming.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return 'too_large';
  if (incoming.headers.expect !== undefined) outgoing.writeContinue();
  const reader = request.body?.getReader();
  let size = 0;
  try {
    while (reader) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > MAX_BODY_BYTES) return 'too_large';
    }
    return 'read';
  } catch {
    return 'broken';
  }
}
