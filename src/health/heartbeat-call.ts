import { formatSpan } from '../domain/instant.ts';
import { createHttpClient, type HttpResponse } from '../net/http-client.ts';
import { StaleConnection, wordsOfNoAnswer } from '../net/wire-fault.ts';
import type { HeartbeatAnswer } from './heartbeat-answer.ts';
import { answerOf } from './heartbeat-verdict.ts';

/** For one call. */
const TIMEOUT_MS = 30_000;
/** A dead man's switch says a word or two. */
const BODY_LIMIT = 4_096;

/** Calls dead man's switches. */
export interface HeartbeatCaller {
  /** Calls once, by GET, or by POST with a text to go along. Never throws; an abort counts as no answer. */
  call(url: string, cancelled: AbortSignal, text?: string | null): Promise<HeartbeatAnswer>;
  /** Closes all connections. A request in hand fails by it: whoever closes waits for it first. */
  close(): void;
}

/**
 * Makes the caller of a heartbeat. `caFile`: a PEM file of authorities that are trusted besides the well-known ones.
 * @throws {ConfigError} when that cannot be used.
 */
export function createHeartbeatCaller({ caFile }: { caFile: string | null }): HeartbeatCaller {
  const client = createHttpClient({
    caller: { kind: 'heartbeat', name: null, address: 'heartbeat.url' },
    caFile,
    body: { start: BODY_LIMIT },
  });
  const call: HeartbeatCaller['call'] = async (url, cancelled, text = null) => {
    const signal = AbortSignal.any([cancelled, AbortSignal.timeout(TIMEOUT_MS)]);
    const ask = (): Promise<HttpResponse> =>
      client.send({ url, ...(text === null ? { headers: {} } : postOf(text)), signal });
    try {
      return answerOf(
        await ask().catch((thrown: unknown) => {
          // Called twice is as good as called once.
          if (thrown instanceof StaleConnection) return ask();
          throw thrown;
        }),
      );
    } catch (thrown) {
      return noAnswer(thrown, signal);
    }
  };
  return { call, close: client.close };
}

function postOf(body: string) {
  return { body, headers: { 'content-type': 'text/plain; charset=utf-8' } };
}

function noAnswer(thrown: unknown, { aborted }: AbortSignal): HeartbeatAnswer {
  if (aborted) {
    return { kind: 'refused', detail: `no answer within ${formatSpan(TIMEOUT_MS)}`, hint: null };
  }
  const { text, hint = null } = wordsOfNoAnswer(thrown, 'it');
  return { kind: 'refused', detail: text, hint };
}
