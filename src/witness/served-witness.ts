import type { Clock } from '../clock.ts';
import {
  judgeCheckpoint,
  parseAddCheckpoint,
  type WitnessVerdict,
} from '../domain/evidence/add-checkpoint.ts';
import type { Checkpoint } from '../domain/evidence/checkpoint.ts';
import { cosign, type SigningKey, type VerifierKey, witnessKeyText } from '../domain/evidence/signed-note.ts';
import type { FaultLog } from '../logging/fault-log.ts';
import type { WitnessedStore } from '../store/ports/witness.ts';

/** An answer of a witness, for HTTP. */
export interface ServedAnswer {
  status: 200 | 400 | 403 | 404 | 409 | 422;
  contentType: string;
  body: string;
}

/** A witness for the logs of others. */
export interface ServedWitness {
  /** Its verifier key, as text. */
  readonly keyText: string;
  /** Answers a request `add-checkpoint`. What it cosigns is kept before it answers. @throws {StoreError} and nothing is cosigned. */
  answer(request: string): Promise<ServedAnswer>;
}

/**
 * Makes a witness that knows just these logs. A log that is not the one that it has cosigned is told of in our own log as well: whoever
 * rewrites a log may have its watcher say nothing.
 */
export function createServedWitness(deps: {
  store: WitnessedStore;
  clock: Pick<Clock, 'now'>;
  faultLog: FaultLog;
  key: SigningKey;
  logs: () => readonly VerifierKey[];
}): ServedWitness {
  const { store, clock, faultLog, key, logs } = deps;
  const plain = (status: ServedAnswer['status'], body: string): ServedAnswer => ({
    status,
    contentType: 'text/plain; charset=utf-8',
    body: `${body}\n`,
  });
  const conflict = (size: number): ServedAnswer => ({
    ...plain(409, String(size)),
    contentType: 'text/x.tlog.size',
  });
  return {
    keyText: witnessKeyText(key.verifier),
    answer: async (text) => {
      const request = parseAddCheckpoint(text);
      if (request === null) return plain(400, 'this is no request to add a checkpoint');
      const { oldSize, checkpoint } = request;
      const { origin, size, root, note } = checkpoint;
      const log = logs().find(({ name }) => name === origin) ?? null;
      const verdict = judgeCheckpoint(request, log, log === null ? null : await store.witnessed(origin));
      tellOfRefusal(faultLog, checkpoint, verdict);
      if (verdict.kind === 'refuse') return plain(verdict.status, verdict.why);
      if (verdict.kind === 'conflict') return conflict(verdict.size);
      const signed = text.slice(text.indexOf('\n\n') + 2);
      const line = cosign(note.text, key, Math.floor(clock.now() / 1_000));
      const isKept = await store.noteWitnessed(origin, oldSize, { size, root, note: signed + line });
      if (!isKept) return conflict((await store.witnessed(origin))?.size ?? 0);
      return { ...plain(200, ''), body: line };
    },
  };
}

/** Says, once, that a log was signed which is another one than was cosigned, and once that it is as it was again. */
function tellOfRefusal(faultLog: FaultLog, { origin, size }: Checkpoint, verdict: WitnessVerdict): void {
  const what = `log ${origin}`;
  const fields = { log: origin, entries: size };
  if (verdict.kind === 'cosign') faultLog.clear(what, 'A log goes on from what was cosigned here', fields);
  else if (verdict.kind === 'refuse' && verdict.status === 422)
    faultLog.report(
      what,
      'A log was not cosigned: it has another history than was cosigned here',
      fields,
      'error',
    );
  else if (verdict.kind === 'conflict' && size < verdict.size)
    faultLog.report(
      what,
      'A log was not cosigned: it has fewer entries than were cosigned here',
      { ...fields, cosigned: verdict.size },
      'error',
    );
}
