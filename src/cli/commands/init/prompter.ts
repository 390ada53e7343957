import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { WatcherError } from '../../../errors.ts';
import type { InputStream, OutputStream } from '../../parts.ts';

/** Asks a person at a terminal, one question after the other. */
export interface Prompter {
  /** Gives the answer without the space around it. @throws {WatcherError} when the person wants no more. */
  ask(question: string): Promise<string>;
  /** As `ask`, and the terminal shows nothing of the answer. @throws {WatcherError} */
  askHidden(question: string): Promise<string>;
  /** Gives what the work comes to, unless the person wants no more before. @throws {WatcherError} and then nobody waits for the work. */
  during<Result>(work: Promise<Result>): Promise<Result>;
  /** Gives the terminal back. */
  close(): void;
}

/** A prompter, where both streams are a terminal; `null` where nobody can be asked. Questions go to `output`. */
export function createPrompter(input: InputStream | undefined, output: OutputStream): Prompter | null {
  if (input?.isTTY !== true || output.isTTY !== true) return null;
  let isHidden = false;
  const shown = new Writable({
    write: (chunk, _encoding, done) => {
      if (isHidden) done();
      else output.write(chunk, done);
    },
  });
  // Without a history: a secret would come back at a press of the upward arrow.
  const lines = createInterface({ input, output: shown, terminal: true, historySize: 0 });
  const gone = new AbortController();
  const left = Promise.withResolvers<never>();
  // Nobody may be waiting when it comes.
  left.promise.catch(() => undefined);
  lines.once('close', () => {
    gone.abort();
    left.reject(interrupted());
  });
  lines.once('SIGINT', () => lines.close());

  const ask = async (question: string): Promise<string> => {
    try {
      const answer = await lines.question(question, { signal: gone.signal });
      return answer.trim();
    } catch (cause) {
      if (!gone.signal.aborted) throw cause;
      output.write('\n');
      throw interrupted(cause);
    }
  };
  return {
    ask,
    askHidden: async (question) => {
      output.write(question);
      isHidden = true;
      try {
        return await ask('');
      } finally {
        isHidden = false;
        output.write('\n');
      }
    },
    during: (work) => {
      work.catch(() => undefined);
      return Promise.race([work, left.promise]);
    },
    close: () => lines.close(),
  };
}

function interrupted(cause?: unknown): WatcherError {
  return new WatcherError('interrupted', 'interrupted; nothing was written', { cause });
}
