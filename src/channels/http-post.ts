import { createHttpClient, type HttpClient } from '../net/http-client.ts';
import type { HttpReply } from './http-outcome.ts';
import type { Leave } from './notifier.ts';

/** Enough for any message a receiver has for us; the rest is not read. */
const BODY_LIMIT = 16_384;

interface PostRequest extends Leave {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** The answer to a post. */
export interface PostReply extends HttpReply {
  /** Why the body, which is empty then, could not be read. Where the status is the verdict, that does not take it back. `null`: it could. */
  broken: Error | null;
}

/** How a channel posts. */
export interface Poster {
  /**
   * Posts and reads the beginning of the answer, whatever its status; redirects are not followed.
   * @throws {WireFault} when there is no answer; the signal's reason when that aborted before; what `lastLook` throws.
   */
  post(request: PostRequest): Promise<PostReply>;
  /** Closes all connections. A request in hand fails by it: whoever closes waits for it first. */
  close(): void;
}

/** Whose posts these are, and whom they trust. */
export interface PosterOptions {
  channel: string;
  /** PEM file of a private CA to trust besides the well-known ones. */
  caFile?: string | null;
}

/**
 * Over the same transport as everything that goes out.
 * @throws {ConfigError} when the CA file cannot be used.
 */
export function createPoster({ channel, caFile = null }: PosterOptions): Poster {
  const client: HttpClient = createHttpClient({
    caller: { kind: 'channel', name: channel, address: 'url' },
    caFile,
    body: { start: BODY_LIMIT },
  });
  return {
    post: async (request) => {
      const { status, headers, text, broken } = await client.send(request);
      return { status, retryAfter: headers.get('retry-after'), body: text, broken };
    },
    close: client.close,
  };
}
