import { styleText } from 'node:util';
import { toError } from '../../errors.ts';
import type { CliParts, OutputStream } from '../parts.ts';

/** The reader has gone (`| head`): nothing more is worth doing, and nothing is wrong. */
export class OutputClosed extends Error {}

export type Colour = 'red' | 'green' | 'yellow' | 'dim' | 'bold';

/** One stream, as the commands use it. */
export interface Output {
  /** @throws {OutputClosed} when the reader has gone, as far as is known by now. */
  write(text: string): void;
  /** As `write`, with a line break after it. @throws {OutputClosed} */
  line(text?: string): void;
  /** Waits until what was written is taken: between the portions of something long, and at the end. @throws {OutputClosed} */
  flush(): Promise<void>;
  /** Colours on a terminal only; `NO_COLOR` is honoured. */
  paint(colour: Colour, text: string): string;
  /** Columns of the terminal; without one nothing is ever cut. */
  width: number;
  /** Columns for what is folded and not cut: without a terminal too, it shall be easy to read. */
  foldWidth: number;
}

const NARROWEST = 80;
const READABLE = 100;

/** Writes to a stream, after `edit` has looked over each text. A reader that goes away makes the next write throw, and does not end the process. */
export function createOutput(
  stream: OutputStream,
  env: CliParts['env'],
  edit: (text: string) => string = (text) => text,
): Output {
  const isTerminal = stream.isTTY === true;
  const hasColour = isTerminal && !env.NO_COLOR && env.TERM !== 'dumb';
  let fault: Error | null = null;
  // Stays for good: without it, a line written after the reader has gone would end the process with a stack trace.
  stream.on('error', (error) => {
    fault = asFault(error);
  });
  const write = (text: string): void => {
    if (fault) throw fault;
    stream.write(edit(text));
  };
  const columns = Math.max(NARROWEST, stream.columns ?? NARROWEST);
  return {
    write,
    line: (text = '') => write(`${text}\n`),
    flush: async () => {
      if (fault) throw fault;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      stream.write('', (error) => (error ? reject(asFault(error)) : resolve()));
      await promise;
    },
    paint: (colour, text) => (hasColour ? styleText(colour, text, { validateStream: false }) : text),
    width: isTerminal ? columns : Number.POSITIVE_INFINITY,
    foldWidth: isTerminal ? columns : READABLE,
  };
}

function asFault(thrown: unknown): Error {
  const error = toError(thrown);
  const code = 'code' in error ? error.code : null;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' ? new OutputClosed() : error;
}
