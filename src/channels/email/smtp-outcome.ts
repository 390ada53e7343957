import type { NodemailerError } from 'nodemailer';
import { formatSpan } from '../../domain/instant.ts';
import { DeliveryError, type RecipientRefusal, toError } from '../../errors.ts';
import { isTlsCode, tlsHint } from '../../net/tls-fault.ts';
import { cancelledFault } from '../http-outcome.ts';
import type { Scrub } from '../scrub.ts';
import { type SmtpStep, type Verdict, verdictOfReply } from './smtp-reply.ts';

const RECEIVER = 'the mail server';

const TLS_WORDS = {
  address: 'smtpUrl',
  place: 'the channel',
  inClear: 'begin in clear, with STARTTLS (then it is smtp:// in smtpUrl)',
};

/** What the words of a fault go by. */
export interface FaultContext {
  /** Makes what a server says fit to be told. */
  scrub: Scrub;
  /** The file of private authorities in use. */
  caFile: string | null;
}

/**
 * What a failed attempt to send a mail means: by the reply of the server (`smtp-reply.ts`), and without one (connection, DNS, TLS,
 * time-outs) always worth another try. The error itself is not kept as `cause`: a server may quote the login in its reply, and its
 * objects hold the whole conversation.
 */
export function smtpFault(thrown: unknown, cancelled: AbortSignal, context: FaultContext): DeliveryError {
  if (cancelled.aborted) return cancelledFault(RECEIVER);
  const error: NodemailerError = toError(thrown);
  const refused = refusedRecipients(error.rejectedErrors, context);
  return refused.length > 1 ? allRefused(refused) : faultOf(error, context);
}

/** The server has not accepted within the time for one attempt: whether it has the mail is not known. */
export function tooSlow(timeoutMs: number): DeliveryError {
  return new DeliveryError('timeout', `${RECEIVER} did not accept within ${formatSpan(timeoutMs)}`, {
    retryable: true,
  });
}

/** The recipients that a server refused, each with its own reason, as nodemailer gathers them. */
export function refusedRecipients(
  errors: readonly NodemailerError[] | undefined,
  context: FaultContext,
): RecipientRefusal[] {
  return (errors ?? []).flatMap((error) =>
    error.recipient === undefined ? [] : [{ recipient: error.recipient, fault: faultOf(error, context) }],
  );
}

/** Passing as long as one of them is: the others are told apart in `refused`. */
function allRefused(refused: readonly RecipientRefusal[]): DeliveryError {
  const faults = refused.map(({ fault }) => fault);
  const speaker = faults.find(({ retryable }) => retryable) ?? faults[0];
  const { reason = 'refused', retryable = false, status, hint } = speaker ?? {};
  const text = refused.map(({ recipient, fault }) => `${recipient}: ${fault.message}`).join('; ');
  return new DeliveryError(reason, text, { retryable, status, hint, refused });
}

function faultOf(error: NodemailerError, { scrub, caFile }: FaultContext): DeliveryError {
  const { reason, retryable, hint } = verdictOf(error, caFile);
  return new DeliveryError(reason, textOf(error, scrub), {
    retryable,
    status: error.responseCode,
    hint,
  });
}

function textOf({ message, code, originalCode, responseCode }: NodemailerError, scrub: Scrub): string {
  const nameOfFault = originalCode ?? code;
  if (responseCode !== undefined || !nameOfFault) return `${RECEIVER}: ${scrub(message)}`;
  // Node's own words advise what would be wrong here: --use-system-ca.
  if (isTlsCode(nameOfFault)) return `no trusted connection to ${RECEIVER} (${scrub(nameOfFault)})`;
  return `${RECEIVER}: ${scrub(message)} (${scrub(nameOfFault)})`;
}

function verdictOf(error: NodemailerError, caFile: string | null): Verdict {
  const { code, responseCode: status, response = '' } = error;
  if (code === 'ETIMEDOUT' || code === 'EABORT') return { reason: 'timeout', retryable: true };
  if (status === undefined) return withoutReply(error, caFile);
  return verdictOfReply({ status, text: response.slice(String(status).length), step: stepOf(error) });
}

function stepOf({ code, command = '' }: NodemailerError): SmtpStep {
  if (code === 'EAUTH') return 'login';
  if (code === 'ETLS') return 'starttls';
  if (command === 'MAIL FROM') return 'sender';
  if (command === 'RCPT TO') return 'recipient';
  return command === 'DATA' ? 'content' : 'session';
}

function withoutReply({ code, originalCode = '' }: NodemailerError, caFile: string | null): Verdict {
  switch (code) {
    case 'EAUTH':
      return { ...final('refused'), hint: 'the server and smtpUrl have no way of logging in in common' };
    case 'EENVELOPE':
      return { ...final('refused'), hint: 'check the addresses in "from" and "to"' };
    case 'EMESSAGE':
      return final('rejected');
    default:
      return {
        reason: 'unavailable',
        retryable: true,
        hint: tlsHint(originalCode, { ...TLS_WORDS, caFile }),
      };
  }
}

function final(reason: 'refused' | 'rejected'): Verdict {
  return { reason, retryable: false };
}
