import { createTransport, type SMTPTransportOptions } from 'nodemailer';
import MimeNode from 'nodemailer/lib/mime-node';
import { quotedMailbox } from './mailbox.ts';

/** What sends mail, and the bare addresses of a channel, as they stand in the envelope of a mail: each once. */
export interface Mailer {
  transport: ReturnType<typeof createTransport>;
  everyone: readonly string[];
  sender: string | undefined;
}

/** Makes the mailer of a channel. In a file of its own: it brings nodemailer, which nobody without a mail channel needs in memory. */
export function createMailer(
  settings: SMTPTransportOptions,
  { from, to }: { from: string; to: readonly string[] },
): Mailer {
  return {
    transport: createTransport(settings),
    everyone: bareAddresses(to),
    sender: bareAddresses([from])[0],
  };
}

/** The bare addresses of these recipients, each once, as they stand in the envelope of a mail. */
export function bareAddresses(to: readonly string[]): string[] {
  return new MimeNode('text/plain').setHeader('To', to.map(quotedMailbox)).getEnvelope().to;
}
