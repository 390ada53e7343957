import type { HttpClient } from '../../src/net/http-client.ts';
import { wireFault } from '../../src/net/wire-fault.ts';

/** An Atlas in memory: answers as a fetch does. */
export type HttpFetch = (
  url: string,
  init: {
    method: 'GET' | 'POST';
    headers: Record<string, string>;
    body: string | null;
    signal: AbortSignal;
  },
) => Promise<Response>;

/** A transport over such an Atlas. What it throws is taken for a fault of the network. */
export function clientOver(fetch: HttpFetch): HttpClient {
  const caller = { kind: 'connection', name: 'atlas', address: 'baseUrl' } as const;
  return {
    send: async ({ url, headers, body, signal }) => {
      try {
        const method = body === undefined ? 'GET' : 'POST';
        const reply = await fetch(url, { method, headers: { ...headers }, body: body ?? null, signal });
        return { status: reply.status, headers: reply.headers, text: await reply.text(), broken: null };
      } catch (thrown) {
        if (signal.aborted) throw signal.reason;
        const fault = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
        throw wireFault(fault, { url, caller, caFile: null });
      }
    },
    close: () => {},
  };
}
