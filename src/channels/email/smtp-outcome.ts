import type { NodemailerError } from 'nodemailer';
import { DeliveryError, type DeliveryReason, toError } from '../../errors.ts';
import { cancelledFault, certificateHint } from '../http-outcome.ts';
import type { Scrub } from '../scrub.ts';

interface Verdict {
  reason: DeliveryReason;
  retryable: boolean;
  hint?: string | undefined;
}

const RECEIVER = 'the mail server';

/**
 * What a failed attempt to send a mail means. By the class of the reply (RFC 5321, section 4.2.1): 4yz passes, 5yz is final. Without
 * a reply (connection, DNS, TLS, time-outs) it is always worth another try. The error itself is not kept as `cause`: a server may
 * quote the login in its reply, and its objects hold the whole conversation.
 */
export function smtpFault(thrown: unknown, cancelled: AbortSignal, scrub: Scrub): DeliveryError {
  const error: NodemailerError = toError(thrown);
  if (cancelled.aborted) return cancelledFault(RECEIVER);
  const { reason, retryable, hint } = verdictOf(error);
  const code = error.originalCode ?? error.code;
  const text = scrub(error.message) + (code && error.responseCode === undefined ? ` (${scrub(code)})` : '');
  return new DeliveryError(reason, `${RECEIVER}: ${text}`, {
    retryable,
    status: error.responseCode,
    hint,
  });
}

function verdictOf(error: NodemailerError): Verdict {
  if (error.code === 'ETIMEDOUT' || error.code === 'EABORT') return { reason: 'timeout', retryable: true };
  if (error.responseCode === undefined) return withoutReply(error);
  // 503 too: a server that knows no STARTTLS may call the command out of sequence.
  if (error.code === 'ETLS' && error.responseCode >= 500) return { ...final('refused'), hint: NO_STARTTLS };
  if (error.permanent !== true) return { reason: 'unavailable', retryable: true };
  return refusedBy(error);
}

const NO_STARTTLS = 'the server offers no STARTTLS: use smtps://, or requireTls: false to send in clear';

/** 5yz: what it is about follows from the command that got it. */
function refusedBy({ code, command = '', responseCode }: NodemailerError): Verdict {
  if (code === 'EAUTH') return { ...final('refused'), hint: 'check the user and password in smtpUrl' };
  if (command === 'DATA') return final('rejected');
  if (command === 'RCPT TO') {
    return { ...final('refused'), hint: 'check the addresses in "to", and whether the server relays for us' };
  }
  if (command === 'MAIL FROM') {
    // 552: too big, announced by its size (RFC 1870).
    if (responseCode === 552) return final('rejected');
    return { ...final('refused'), hint: 'check "from": the server does not let us send as this address' };
  }
  return final('refused');
}

function withoutReply({ code, originalCode }: NodemailerError): Verdict {
  switch (code) {
    case 'EAUTH':
      return { ...final('refused'), hint: 'the server and smtpUrl have no way of logging in in common' };
    case 'EENVELOPE':
      return { ...final('refused'), hint: 'check the addresses in "from" and "to"' };
    case 'EMESSAGE':
      return final('rejected');
    default:
      return { reason: 'unavailable', retryable: true, hint: certificateHint(originalCode) };
  }
}

function final(reason: 'refused' | 'rejected'): Verdict {
  return { reason, retryable: false };
}
