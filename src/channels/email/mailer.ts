import { Readable } from 'node:stream';
import {
  createTransport,
  type SendMailOptions,
  type SMTPSentMessageInfo,
  type SMTPTransportOptions,
} from 'nodemailer';
import MimeNode from 'nodemailer/lib/mime-node';
import type { LastLook, Leave } from '../notifier.ts';
import { quotedMailbox } from './mailbox.ts';

/** What sends mail, and the bare addresses of a channel, as they stand in the envelope of a mail: each once. */
export interface Mailer {
  /**
   * Sends one mail over a connection of its own. `lastLook` is asked when the server waits for the content: behind the greeting, the login
   * and the envelope, for each of which a server may take minutes.
   * @throws what `lastLook` throws, and then the server gets no mail; else the fault as nodemailer has it.
   */
  send(mail: SendMailOptions, leave: Leave): Promise<SMTPSentMessageInfo>;
  everyone: readonly string[];
  sender: string | undefined;
  close(): void;
}

/** Makes the mailer of a channel. In a file of its own: it brings nodemailer, which nobody without a mail channel needs in memory. */
export function createMailer(
  settings: SMTPTransportOptions,
  { from, to }: { from: string; to: readonly string[] },
): Mailer {
  const transport = createTransport(settings);
  // By the signal of a send, since that is of it alone: nodemailer hands on no key that it does not know.
  const lastLooks = new WeakMap<AbortSignal, LastLook>();
  transport.use('stream', ({ message, data: { signal } }, done) => {
    const lastLook = signal && lastLooks.get(signal);
    message?.processFunc((content) => Readable.from(contentAfter(lastLook, content)));
    done();
  });
  return {
    send: async (mail, leave) => {
      const signal = AbortSignal.any([leave.signal]);
      if (leave.lastLook !== undefined) lastLooks.set(signal, leave.lastLook);
      try {
        return await transport.sendMail({ ...mail, signal, disableFileAccess: true, disableUrlAccess: true });
      } catch (thrown) {
        throw thrown instanceof Withheld ? thrown.cause : thrown;
      }
    },
    everyone: bareAddresses(to),
    sender: bareAddresses([from])[0],
    close: () => transport.close(),
  };
}

/** The content is not sent, for the reason that is its cause: nodemailer writes a code of its own into what a stream throws. */
class Withheld extends Error {
  constructor(cause: unknown) {
    super('not sent', { cause });
  }
}

/** Begins when the first of it is asked for: nodemailer does so when the server has said to go on (354). */
async function* contentAfter(
  lastLook: LastLook | undefined,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    lastLook?.();
  } catch (cause) {
    throw new Withheld(cause);
  }
  yield* content;
}

/** The bare addresses of these recipients, each once, as they stand in the envelope of a mail. */
export function bareAddresses(to: readonly string[]): string[] {
  return new MimeNode('text/plain').setHeader('To', to.map(quotedMailbox)).getEnvelope().to;
}
