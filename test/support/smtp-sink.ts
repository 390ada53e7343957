import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface SunkMail {
  to: string[];
  isEncrypted: boolean;
  user: string | null;
  raw: string;
  mail: ParsedMail;
}

/** What the sink says instead of accepting: a code and text at this step of the conversation. */
export interface SmtpRefusal {
  at: 'auth' | 'from' | 'to' | 'data';
  code: number;
  text: string;
  /** With `at: 'to'`: just this recipient. */
  recipient?: string;
}

export interface SmtpSink {
  port: number;
  mails: SunkMail[];
  refusal: SmtpRefusal | null;
  close(): Promise<void>;
}

/** A mail server on a free loopback port that keeps what it is sent. Takes any login. */
export async function startSmtpSink(options: SMTPServerOptions = {}): Promise<SmtpSink> {
  const sink: SmtpSink = { port: 0, mails: [], refusal: null, close: () => close(server) };
  const refusalAt = (step: SmtpRefusal['at'], address?: string): Error | null => {
    const { refusal } = sink;
    if (refusal === null || refusal.at !== step) return null;
    if (refusal.recipient !== undefined && refusal.recipient !== address) return null;
    return Object.assign(new Error(refusal.text), { responseCode: refusal.code });
  };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    closeTimeout: 100,
    onAuth: (auth, _session, done) => {
      const refused = refusalAt('auth');
      if (refused) done(refused);
      else done(null, { user: auth.username ?? '' });
    },
    onMailFrom: (_address, _session, done) => done(refusalAt('from')),
    onRcptTo: ({ address }, _session, done) => done(refusalAt('to', address)),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', async () => {
        const refused = refusalAt('data');
        if (refused) return done(refused);
        const raw = Buffer.concat(chunks).toString();
        sink.mails.push({
          to: session.envelope.rcptTo.map(({ address }) => address),
          isEncrypted: session.secure === true,
          user: typeof session.user === 'string' ? session.user : null,
          raw,
          mail: await simpleParser(raw),
        });
        done(null, 'kept');
      });
    },
    ...options,
  });
  // A client that turns away from our certificate is an error to the server, and what some tests are about.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  sink.port = (server.server.address() as AddressInfo).port;
  return sink;
}

function close(server: SMTPServer): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

export interface TcpSink {
  port: number;
  /** Resolves at the first connection. */
  connected: Promise<void>;
  close(): Promise<void>;
}

/** A port that takes connections and does with them what it is told; says nothing by itself. */
export async function startTcpSink(onConnection: (socket: Socket) => void = () => {}): Promise<TcpSink> {
  const sockets = new Set<Socket>();
  const { promise: connected, resolve: connect } = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
    connect();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connected,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
