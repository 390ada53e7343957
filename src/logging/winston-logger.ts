import type { Writable } from 'node:stream';
import winston from 'winston';
import { type Printable, toPrintable } from './fields.ts';
import { jsonLine, textLine } from './lines.ts';
import type { LogFields, Logger } from './logger.ts';

/** How the log is written, and where to. */
export interface LoggingOptions {
  level: 'error' | 'warn' | 'info' | 'debug';
  format: 'json' | 'text';
  /**
   * Takes secrets out; called for every text of a line: message, keys and values, errors with their stacks. Of a long text only the first
   * `limit` characters are wanted.
   */
  redact: (text: string, limit: number) => string;
  /** Default: standard output. Errors of the stream (nobody reads any more) end the log, not the program. */
  stream?: Writable;
  now?: () => number;
}

const LEVELS: Readonly<Record<LoggingOptions['level'], number>> = { error: 0, warn: 1, info: 2, debug: 3 };

/** A reader that does not take the last lines must not hold up the end of the program for longer. */
const FLUSH_MS = 3_000;

/** More than this is not kept for a reader that does not take it, in bytes: the log must not fill the memory. */
const MOST_UNREAD = 4 * 2 ** 20;

/** So many bytes of lines are gathered before they go out, should there be as many in one turn of the event loop. */
const MOST_GATHERED = 64 * 2 ** 10;

/** A logger that can be closed, and changed while it is in use. */
export interface AdjustableLogger extends Logger {
  /** From the next line on. */
  adjust(options: Pick<LoggingOptions, 'level'>): void;
  /** Resolves when everything has been handed over; may be called twice. */
  close(): Promise<void>;
}

/** One line for each event, to one stream. */
export function createLogger(options: LoggingOptions): AdjustableLogger {
  const { level, format, redact, stream = process.stdout, now = Date.now } = options;
  outliveReader(stream);
  const isColoured = format === 'text' && hasColours(stream);
  const log = winston.createLogger({
    level,
    levels: LEVELS,
    format: winston.format((info) => {
      const line = {
        at: Number(info.at),
        level: info.level,
        message: String(info.message),
        fields: fieldsOf(info),
      };
      info[MESSAGE] = format === 'json' ? jsonLine(line) : textLine(line, isColoured);
      return info;
    })(),
    transports: [new winston.transports.Stream({ stream, eol: '\n' })],
  });

  const gather = gathering(stream);
  let closing: Promise<void> | undefined;
  let unread = 0;
  let levelNow = level;
  const write =
    (lineLevel: LoggingOptions['level']) =>
    (message: string, fields: LogFields = {}): void => {
      // What winston would say, which goes through its transports for each line.
      if (closing || LEVELS[lineLevel] > LEVELS[levelNow]) return;
      if (stream.writableLength > MOST_UNREAD) {
        unread += 1;
        return;
      }
      if (unread > 0) {
        const lines = unread;
        unread = 0;
        write('warn')('Lines of the log were left out: nobody read it for a while', { lines });
      }
      gather();
      // One object of our own: winston glues a field called `message` to the message and writes on errors that it is given.
      log.log({
        level: lineLevel,
        message: String(toPrintable(message, redact)),
        fields: toPrintable(fields, redact),
        at: now(),
      });
    };

  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    adjust: (next) => {
      levelNow = next.level;
      log.level = next.level;
    },
    close: () => {
      closing ??= flush(log, stream);
      return closing;
    },
  };
}

/** Where winston's transports look for the finished line. */
const MESSAGE = Symbol.for('message');

function fieldsOf({ fields }: winston.Logform.TransformableInfo): Record<string, Printable> {
  // What `toPrintable` makes of fields is an object, or a note in their place.
  if (typeof fields === 'object' && fields !== null) return fields as Record<string, Printable>;
  return { fields: String(fields) };
}

/** The logger ends, and then the stream has to take what it was given: for a pipe that is later (measured with winston 3.19). */
async function flush(log: winston.Logger, stream: Writable): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const limit = setTimeout(resolve, FLUSH_MS);
  log.once('finish', () => {
    if (stream.destroyed || stream.writableEnded) resolve();
    else stream.write('', () => resolve());
  });
  log.end();
  await promise;
  clearTimeout(limit);
}

/**
 * Returns the function that is to be called before a line is written: lines that are written in the same turn of the event loop go out
 * together. A pipe takes what it gets at once, and each time costs more than to make the line: of 250 jobs, 250 times. A process that
 * exits in the same turn hands them over all the same.
 */
function gathering(stream: Writable): () => void {
  let isOpen = false;
  const letGo = (): void => {
    if (!isOpen) return;
    isOpen = false;
    process.off('exit', letGo);
    stream.uncork();
  };
  return () => {
    if (stream.writableLength > MOST_GATHERED) letGo();
    if (isOpen) return;
    isOpen = true;
    stream.cork();
    process.on('exit', letGo);
    process.nextTick(letGo);
  };
}

/** Without a listener, a reader that has gone (EPIPE) would end the process. */
function outliveReader(stream: Writable): void {
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
}

function ignore(): void {}

/** Only a terminal has colours to show; it knows about NO_COLOR itself. */
function hasColours(stream: Writable): boolean {
  return 'hasColors' in stream && typeof stream.hasColors === 'function' && stream.hasColors() === true;
}
