import { formatSpan } from '../domain/instant.ts';
import { createHttpClient, type HttpResponse, isRedirect } from '../net/http-client.ts';
import { PROXY_LOGIN } from '../net/proxy-fault.ts';
import { StaleConnection, WireFault } from '../net/wire-fault.ts';
import type { HeartbeatAnswer } from './heartbeat-answer.ts';

/** For one call. */
const TIMEOUT_MS = 30_000;
/** A dead man's switch says a word or two. */
const BODY_LIMIT = 4_096;

/** Calls dead man's switches. */
export interface HeartbeatCaller {
  /** Calls once, by GET. Never throws; an abort counts as no answer. */
  call(url: string, cancelled: AbortSignal): Promise<HeartbeatAnswer>;
  /** Closes idle connections. */
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
  const call: HeartbeatCaller['call'] = async (url, cancelled) => {
    const signal = AbortSignal.any([cancelled, AbortSignal.timeout(TIMEOUT_MS)]);
    const ask = (): Promise<HttpResponse> => client.send({ url, headers: {}, signal });
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

function noAnswer(thrown: unknown, { aborted }: AbortSignal): HeartbeatAnswer {
  if (aborted) {
    return { kind: 'refused', detail: `no answer within ${formatSpan(TIMEOUT_MS)}`, hint: null };
  }
  if (!(thrown instanceof WireFault)) return { kind: 'refused', detail: 'it cannot be reached', hint: null };
  const { kind, code, hint = null } = thrown;
  const isPlain = kind === 'network' && code !== null;
  return { kind: 'refused', detail: isPlain ? `it cannot be reached (${code})` : thrown.say('it'), hint };
}

/**
 * A 2xx takes it, unless its words say otherwise: Healthchecks answers 200 with "OK (not found)" or "OK (rate limited)" when it has noted
 * nothing (https://healthchecks.io/docs/http_api/), others with `{"ok": false}`, and whatever stands in between with a page.
 */
function answerOf({ status, text }: HttpResponse): HeartbeatAnswer {
  const detail = `HTTP ${status}`;
  if (isRedirect(status)) {
    const hint = 'redirects are not followed: put the final address into the configuration';
    return { kind: 'refused', detail, hint };
  }
  if (status === 407) {
    return { kind: 'refused', detail: 'the proxy wants a login (407)', hint: PROXY_LOGIN };
  }
  if (status < 200 || status > 299) {
    const hint = status >= 400 && status < 500 ? 'check the address: is there such a check still?' : null;
    return { kind: 'refused', detail, hint };
  }
  const said = text.trim();
  if (/^ok\s*\(/i.test(said) || saysNo(said)) {
    const hint = 'it has noted nothing: is there such a check at this address, and is it called too often?';
    return { kind: 'doubtful', detail: `${detail}: ${quoted(said)}`, hint };
  }
  if (/^<(!doctype|html)/i.test(said)) {
    const hint = "this is a page, a login perhaps, and not the answer of a dead man's switch";
    return { kind: 'doubtful', detail: `${detail}: a page`, hint };
  }
  return { kind: 'taken', detail };
}

function saysNo(said: string): boolean {
  try {
    const answer: unknown = JSON.parse(said);
    if (typeof answer !== 'object' || answer === null) return false;
    return ['ok', 'success'].some((key) => Reflect.get(answer, key) === false);
  } catch {
    return false;
  }
}

/** A receiver may quote our address, which is a secret: only a few plain words are told. */
function quoted(said: string): string {
  return /^[a-z ()]{1,60}$/i.test(said) ? said : 'it says that it has not taken it';
}
