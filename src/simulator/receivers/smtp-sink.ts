import { createServer, type Socket } from 'node:net';
import type { Timestamp } from '../../domain/instant.ts';
import { listenOnLoopback } from '../loopback.ts';
import { createInbox, type Inbox } from './inbox.ts';
import { createSmtpSession, type SmtpAnswer, type SmtpStage } from './smtp-session.ts';

export interface ReceivedMail {
  at: Timestamp;
  /** Of the envelope. */
  from: string;
  to: string[];
  /** Headers and body as they came, read as UTF-8; see `readMail`. */
  raw: string;
}

/**
 * An answer for every further time, or a function that is asked with the command's argument (of `MESSAGE`: the message); `null` lets
 * the command be carried out.
 */
export type SmtpScript = SmtpAnswer | ((argument: string) => SmtpAnswer | null);

export interface SmtpSink {
  readonly port: number;
  /** With user and password, where there are any. */
  readonly url: string;
  /** The messages that were taken, in order. */
  readonly received: readonly ReceivedMail[];
  /** Answers a command in a way of its own, `times` times (always, unless given). `null` ends it. */
  answer(stage: SmtpStage, script: SmtpScript | null, options?: { times?: number }): void;
  waitFor: Inbox<ReceivedMail>['waitFor'];
  /** Calls the listener with every further message. Returns the function that ends it. */
  onReceived: Inbox<ReceivedMail>['onItem'];
  close(): Promise<void>;
}

const MAX_MESSAGE_BYTES = 10_485_760;
/** RFC 5321 allows 512 bytes of command and 1,000 of text; a line this long is no line. */
const MAX_LINE_BYTES = 1_048_576;

/** Starts a mail server on the loopback address that keeps what it gets. With `user` and `password` it demands a login. No TLS. */
export async function startSmtpSink(
  options: { port?: number; user?: string; password?: string } = {},
): Promise<SmtpSink> {
  const { user, password = '' } = options;
  const inbox = createInbox<ReceivedMail>('mail');
  const scripts = new Map<SmtpStage, { script: SmtpScript; left: number }>();

  const scripted = (stage: SmtpStage, argument: string): SmtpAnswer | null => {
    const entry = scripts.get(stage);
    if (!entry) return null;
    const answer = typeof entry.script === 'function' ? entry.script(argument) : entry.script;
    if (answer !== null) entry.left -= 1;
    if (entry.left <= 0) scripts.delete(stage);
    return answer;
  };

  const server = createServer({ noDelay: true }, (socket) => {
    const session = createSmtpSession({
      account: user === undefined ? null : { user, password },
      maxMessageBytes: MAX_MESSAGE_BYTES,
      script: scripted,
      write: (text) => socket.write(text),
      end: (how) => (how === 'drop' ? socket.destroy() : socket.end()),
      accept: ({ from, to, raw }) => inbox.add({ at: Date.now(), from, to, raw: raw.toString('utf8') }),
    });
    readLines(socket, session.line);
    session.greet();
  });
  const { host, port, close } = await listenOnLoopback(server, options.port);

  const login = user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
  return {
    port,
    url: `smtp://${login}${host}:${port}`,
    received: inbox.items,
    answer: (stage, script, { times = Number.POSITIVE_INFINITY } = {}) => {
      if (script === null) scripts.delete(stage);
      else scripts.set(stage, { script, left: times });
    },
    waitFor: inbox.waitFor,
    onReceived: inbox.onItem,
    close,
  };
}

/** Gives each line without its line break. Latin-1, so that one character is one byte and nothing is lost. */
function readLines(socket: Socket, take: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => {
    const lines = (rest + chunk).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (socket.writable) take(line);
    }
    if (rest.length > MAX_LINE_BYTES) socket.destroy();
  });
}
