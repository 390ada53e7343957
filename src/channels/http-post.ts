import https from 'node:https';
import type { HttpReply } from './http-outcome.ts';

/** Enough for any message a receiver has for us; the rest is not read. */
const BODY_LIMIT = 16_384;

interface PostRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  signal: AbortSignal;
}

/** Posts and reads the answer, whatever its status; redirects are not followed. Rejects when there is no answer, as `fetch` does. */
export type HttpPost = (request: PostRequest) => Promise<HttpReply>;

/** Over `fetch`, which keeps connections alive and knows proxies. */
export function postByFetch(fetchFn: typeof fetch): HttpPost {
  return async ({ url, headers, body, signal }) => {
    const response = await fetchFn(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      // The status is the verdict; a body that breaks off or hangs does not take it back.
      body: await readStart(response).catch(() => ''),
    };
  };
}

/**
 * The same, trusting the given CAs (PEM): the built-in `fetch` takes none for a single address. Proxies are honoured as the global
 * agent does.
 */
export function postTrusting(ca: string[]): { post: HttpPost; close: () => void } {
  const agent = new https.Agent({ ...https.globalAgent.options, keepAlive: true, ca });
  const post: HttpPost = ({ url, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const request = https.request(url, { method: 'POST', headers, agent, signal }, async (reply) => {
        const status = reply.statusCode ?? 0;
        const retryAfter = reply.headers['retry-after'] ?? null;
        resolve({ status, retryAfter, body: await collectStart(reply).catch(() => '') });
      });
      // An abort is reported as Node's own AbortError; the signal's reason says more.
      request.on('error', (error) => reject(signal.aborted ? signal.reason : error));
      request.end(body);
    });
  return { post, close: () => agent.destroy() };
}

/** The first characters of a body. The rest is thrown away: a receiver must not fill our memory. */
export async function readStart(response: Response): Promise<string> {
  return response.body === null ? '' : await collectStart(response.body);
}

async function collectStart(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    // Leaving the loop ends the stream, and with it the connection.
    if (text.length > BODY_LIMIT) break;
  }
  return text.slice(0, BODY_LIMIT);
}
