import pLimit from 'p-limit';
import { SourceError, type SourceReason, toError } from '../../errors.ts';
import type { JobAnswer, JobPage, JobSource, ListOptions, ReadOptions } from '../../source/source.ts';
import type { PollInput } from './input.ts';

/** Asks by id at most this many at once; the request budget is the real limit. */
const ID_CONCURRENCY = 4;

/** What a read needs to know of a cycle. */
export type ReadInput = Pick<PollInput, 'target' | 'signal' | 'isUrgent' | 'progress'>;

/**
 * Yields the pages of the target's listing, in Atlas's order. Leaving the loop early asks for no further page.
 * @throws {SourceError} when the listing breaks off; it says nothing about any job then.
 */
export async function* readPages(
  source: JobSource,
  input: ReadInput,
  recall?: ListOptions['recall'],
): AsyncGenerator<JobPage> {
  for await (const page of source.listJobs(input.target, { ...optionsOf(input), recall })) {
    input.progress?.advanced();
    yield page;
  }
}

/**
 * Asks for these jobs by id, and hands each answer to `take` when it comes. The first id goes alone: it answers the login challenge
 * for all, and tells whether there is any point in asking on. A fault that concerns all ends the asking, and so do two passing faults
 * while nothing was answered; a fault of one job alone must not hide the others.
 * @param recall says of an answer, by its fingerprint, whether it is known and need not be read.
 * @returns the fault that counts most; `null` when every id was answered.
 */
export async function readEach(
  source: JobSource,
  input: ReadInput,
  ids: readonly string[],
  take: (id: string, answer: JobAnswer) => void,
  recall: (id: string, fingerprint: string) => boolean,
): Promise<Error | null> {
  const options = optionsOf(input);
  const [first, ...rest] = ids;
  if (first === undefined) return null;

  let failure: Error | null = null;
  let answers = 0;
  let failures = 0;
  const ask = async (id: string): Promise<void> => {
    if (failure !== null && (concernsAll(failure) || (answers === 0 && failures > 1))) return;
    try {
      const answer = await source.readJob(input.target, id, {
        ...options,
        recall: (fingerprint) => recall(id, fingerprint),
      });
      answers += 1;
      input.progress?.advanced();
      take(id, answer);
    } catch (thrown) {
      const error = asFailure(thrown, input.signal);
      failures += 1;
      if (failure === null || concernsAll(error)) failure = error;
    }
  };
  await ask(first);
  const limit = pLimit(ID_CONCURRENCY);
  await Promise.all(rest.map((id) => limit(() => ask(id))));
  return failure;
}

function optionsOf({ signal, isUrgent, progress }: ReadInput): ReadOptions {
  return { signal, isUrgent, onWait: progress?.waits };
}

/** Faults of one reply or of the moment; all others would meet the next request of this cycle as well. */
const PASSING: ReadonlySet<SourceReason> = new Set(['unavailable', 'timeout', 'bad_response']);

/** True for a fault that the next request of this cycle would meet as well. */
export function concernsAll(error: Error): boolean {
  return error instanceof SourceError && !PASSING.has(error.reason);
}

/**
 * Makes the failure of a poll of what a read has thrown.
 * @throws what is no fault of the source: a fault of the store, and an abort, which is no finding about Atlas.
 */
export function asFailure(thrown: unknown, signal: AbortSignal): Error {
  if (signal.aborted) throw toError(signal.reason);
  if (thrown instanceof SourceError) return thrown;
  throw thrown;
}
