import { parseAddCheckpoint } from '../domain/evidence/add-checkpoint.ts';
import { cosignedAt, parseNote, type VerifierKey } from '../domain/evidence/signed-note.ts';
import { toError } from '../errors.ts';
import { createHttpClient, type HttpResponse } from '../net/http-client.ts';
import { StaleConnection, WireFault } from '../net/wire-fault.ts';
import type { Witness, WitnessAnswer } from './witness.ts';

const TIMEOUT_MS = 30_000;
const BODY_LIMIT = 16_384;

/** A witness of the configuration. */
export interface WitnessConfig {
  /** What stands before `/add-checkpoint`. */
  url: string;
  key: VerifierKey;
  caFile: string | null;
}

/**
 * Makes the client of a witness.
 * @throws {ConfigError} when `caFile` cannot be used.
 */
export function createWitnessClient({ url, key, caFile }: WitnessConfig): Witness {
  const client = createHttpClient({
    caller: { kind: 'witness', name: key.name, address: 'url' },
    caFile,
    body: { start: BODY_LIMIT },
  });
  const address = new URL(`${url.replace(/\/$/, '')}/add-checkpoint`).href;
  return {
    name: key.name,
    ask: async (request, cancelled) => {
      const signal = AbortSignal.any([cancelled, AbortSignal.timeout(TIMEOUT_MS)]);
      const headers = { 'content-type': 'text/plain; charset=utf-8' };
      const send = (): Promise<HttpResponse> => client.send({ url: address, headers, body: request, signal });
      try {
        // Asked twice is as good as asked once.
        const answer = await send().catch((thrown: unknown) => {
          if (thrown instanceof StaleConnection) return send();
          throw thrown;
        });
        return answerOf(answer, request, key);
      } catch (thrown) {
        if (signal.aborted) return { kind: 'away', why: 'no answer in time' };
        return {
          kind: 'away',
          why: thrown instanceof WireFault ? thrown.say('it') : toError(thrown).message,
        };
      }
    },
    close: client.close,
  };
}

function answerOf(
  { status, text }: Pick<HttpResponse, 'status' | 'text'>,
  request: string,
  key: VerifierKey,
): WitnessAnswer {
  if (status === 200) return cosignatureIn(text, request, key);
  if (status === 409) {
    const size = /^(0|[1-9][0-9]{0,15})\n?$/.exec(text)?.[1];
    if (size !== undefined) return { kind: 'conflict', size: Number(size) };
  }
  if (status === 422) return { kind: 'forked', why: 'it has seen another history (HTTP 422)' };
  return { kind: 'away', why: `HTTP ${status}` };
}

/** Lines by others are ignored. */
function cosignatureIn(text: string, request: string, key: VerifierKey): WitnessAnswer {
  const note = parseAddCheckpoint(request)?.checkpoint.note ?? null;
  for (const line of text.split('\n')) {
    const cosigned = note === null ? null : parseNote(`${note.text}\n${line}\n`);
    const at = cosigned === null ? null : cosignedAt(cosigned, key);
    if (typeof at === 'number') return { kind: 'cosigned', line: `${line}\n` };
  }
  return { kind: 'away', why: 'its answer holds no cosignature by its key' };
}
