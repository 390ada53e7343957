import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import type { Timestamp } from '../../domain/instant.ts';
import { toError } from '../../errors.ts';
import { listenOnLoopback } from '../loopback.ts';
import { createInbox, type Inbox } from './inbox.ts';
import { type ReadMail, readMail } from './read-mail.ts';
import {
  createSmtpScripts,
  type SmtpAnswer,
  type SmtpScripts,
  type SmtpStage,
  toRefusal,
} from './smtp-scripts.ts';

/** A mail that the sink has taken. */
export interface ReceivedMail {
  at: Timestamp;
  /** Of the envelope. */
  from: string;
  to: string[];
  /** Who logged in; `null` when nobody did. */
  user: string | null;
  /** The connection was encrypted when the mail was sent. */
  isEncrypted: boolean;
  /** Headers and body as they came, read as UTF-8. */
  raw: string;
  mail: ReadMail;
}

/** What a mail sink offers and demands. */
export interface SmtpSinkOptions {
  /** Any free port, unless given. */
  port?: number;
  /** Demands this login; without it, every login is taken and none is needed. */
  user?: string;
  password?: string;
  /** Offers STARTTLS, or speaks TLS from the first byte; without it, nothing is encrypted. */
  tls?: { key: Buffer; cert: Buffer; begins: 'by_starttls' | 'at_once' };
}

/** A mail server for the demo and the tests, which keeps what it gets. */
export interface SmtpSink {
  readonly port: number;
  /** With user and password, where they are demanded. */
  readonly url: string;
  /** The mails that were taken, in order. */
  readonly received: readonly ReceivedMail[];
  /** Answers a command in a way of its own, `times` times (always, unless given). `null` ends it. */
  answer: SmtpScripts['set'];
  waitFor: Inbox<ReceivedMail>['waitFor'];
  /** Calls the listener with every further mail. Returns the function that ends it. */
  onReceived: Inbox<ReceivedMail>['onItem'];
  close(): Promise<void>;
}

/** How long encrypted connections may go on when the sink closes. */
const CLOSE_MS = 100;

/** Starts a mail server on the loopback address. @throws when the port is taken. */
export async function startSmtpSink(options: SmtpSinkOptions = {}): Promise<SmtpSink> {
  const inbox = createInbox<ReceivedMail>('mail');
  const scripts = createSmtpScripts();
  const sockets = new Map<number | undefined, Socket>();
  const drop = (remotePort: number): void => {
    assert(!options.tls, 'Node crashes when a connection is cut below TLS');
    sockets.get(remotePort)?.destroy();
  };

  const server = new SMTPServer({
    ...serverOptions(options),
    ...handlers(options, { scripts, drop, keep: inbox.add }),
  });
  // A client that breaks off, or does not trust the certificate, is nothing to report.
  server.on('error', () => {});
  server.server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    sockets.set(remotePort, socket);
    socket.on('close', () => sockets.delete(remotePort));
  });
  const { host, port, close } = await listenOnLoopback(server.server, options.port);

  return {
    port,
    url: urlOf(options, `${host}:${port}`),
    received: inbox.items,
    answer: scripts.set,
    waitFor: inbox.waitFor,
    onReceived: inbox.onItem,
    // Cuts what is open, unless it is encrypted: see `drop`.
    close: options.tls ? () => new Promise((done) => server.close(done)) : close,
  };
}

function serverOptions({ user, tls }: SmtpSinkOptions): SMTPServerOptions {
  return {
    name: 'restore-watcher.simulator',
    closeTimeout: CLOSE_MS,
    disableReverseLookup: true,
    allowInsecureAuth: true,
    authOptional: user === undefined,
    ...(tls
      ? { key: tls.key, cert: tls.cert, secure: tls.begins === 'at_once' }
      : { disabledCommands: ['STARTTLS'] }),
  };
}

type Done = (error?: Error | null) => void;

/** What is done at each step of the conversation, unless a script says otherwise. */
function handlers(
  { user, password }: SmtpSinkOptions,
  parts: { scripts: SmtpScripts; drop: (remotePort: number) => void; keep: (mail: ReceivedMail) => void },
): SMTPServerOptions {
  const unlessScripted =
    (stage: SmtpStage, { remotePort }: SMTPServerSession, refuse: Done) =>
    (argument: string, carryOut: () => void): void => {
      const give = (answer: SmtpAnswer | null): void => {
        if (answer === null) carryOut();
        else if (answer === 'drop') parts.drop(remotePort);
        else if (answer !== 'hang') refuse(toRefusal(answer));
      };
      const answer = parts.scripts.next(stage, argument);
      if (answer instanceof Promise) void answer.then(give);
      else give(answer);
    };

  return {
    onConnect: (session, done) => unlessScripted('CONNECT', session, done)('', done),
    onAuth: ({ username = '', ...login }, session, done) =>
      unlessScripted(
        'AUTH',
        session,
        done,
      )(username, () => {
        const isKnown = user === undefined || (username === user && login.password === password);
        done(null, isKnown ? { user: username } : {});
      }),
    onMailFrom: ({ address }, session, done) => unlessScripted('MAIL', session, done)(address, done),
    onRcptTo: ({ address }, session, done) => unlessScripted('RCPT', session, done)(address, done),
    onData: async (stream, session, done) => {
      try {
        const bytes = await buffer(stream);
        const mail = await readMail(bytes);
        const raw = bytes.toString('utf8');
        unlessScripted(
          'MESSAGE',
          session,
          done,
        )(raw, () => {
          // Kept before it is acknowledged: whoever sees the acknowledgement finds the mail.
          parts.keep({ at: Date.now(), ...envelopeOf(session), raw, mail });
          done();
        });
      } catch (thrown) {
        // The connection broke off in mid mail, or nobody can read the mail.
        done(toError(thrown));
      }
    },
  };
}

function urlOf({ user, password = '', tls }: SmtpSinkOptions, host: string): string {
  const scheme = tls?.begins === 'at_once' ? 'smtps' : 'smtp';
  const login = user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
  return `${scheme}://${login}${host}`;
}

function envelopeOf({
  envelope,
  user,
  secure,
}: SMTPServerSession): Pick<ReceivedMail, 'from' | 'to' | 'user' | 'isEncrypted'> {
  return {
    from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
    to: envelope.rcptTo.map(({ address }) => address),
    user: typeof user === 'string' ? user : null,
    isEncrypted: secure,
  };
}
