import { describe, expect, it } from 'vitest';
import { type SmtpStep, verdictOfReply } from '../../../src/channels/email/smtp-reply.ts';

function verdict(reply: string, step: SmtpStep) {
  return verdictOfReply({ status: Number(reply.slice(0, 3)), text: reply.slice(3), step });
}

describe('a refusal that passes', () => {
  it.each<[string, SmtpStep, RegExp?]>([
    ['450 4.2.0 greylisted', 'recipient'],
    ['454 4.7.0 try again later', 'login'],
    ['452 4.2.2 mailbox full', 'recipient', /mailbox is full/],
    ['450 4.5.4 quota', 'sender'],
    ['550 5.4.5 daily quota', 'content', /as much as/],
    [
      '550-5.4.5 Daily user sending limit exceeded. For more\n550 5.4.5 https://example.com',
      'content',
      /as much/,
    ],
    ['550 5.4.5 daily quota', 'sender', /as much as/],
    ['550 5.7.1 Daily sending quota exceeded', 'content', /as much as/],
    ['550 5.1.90 you have reached your daily limit for message recipients', 'recipient', /as much as/],
    ['550 5.7.232 the tenant exceeded its external recipients', 'recipient', /as much as/],
    ['552 5.2.2 mailbox full', 'recipient', /mailbox is full/],
    ['552 5.2.2 mailbox full', 'content', /mailbox is full/],
    ['552 Mailbox size limit exceeded', 'recipient', /mailbox is full/],
    ['554 5.2.0 mailbox over quota', 'recipient', /mailbox is full/],
    ['552 Requested mail action aborted: exceeded storage allocation', 'content', /mailbox is full/],
    ['552 too many recipients', 'recipient'],
    ['552 no', 'recipient'],
    ['550 5.5.3 too many recipients', 'recipient'],
    ['554 5.3.1 mail system full', 'content'],
    ['554 5.3.2 system not accepting network messages', 'session'],
    ['554 5.7.1 Service unavailable; try again later', 'recipient'],
    ['550 Please retry in 5 minutes', 'recipient'],
    ['554 Greylisted, see https://example.com', 'recipient'],
    ['550 4.7.1 Access denied for now', 'recipient'],
    ['550 5.7.1 Too many messages from you, throttled', 'content'],
    ['550 5.2.1 The user is receiving mail at a rate that prevents additional messages', 'recipient'],
    ['535 5.7.0 Too many failed login attempts', 'login'],
    ['503 bad sequence of commands', 'sender'],
  ])('%s (%s)', (reply, step, hint = undefined) => {
    expect(verdict(reply, step)).toMatchObject({ retryable: true });
    if (hint) expect(verdict(reply, step).hint).toMatch(hint);
  });
});

describe('a refusal for good, with a hint that fits', () => {
  it.each<[string, SmtpStep, 'refused' | 'rejected', RegExp?]>([
    ['554 5.7.1 relay denied', 'recipient', 'refused', /log in .* or allow this machine to relay/],
    ['554 5.7.1 <a@b.example>: Relay access denied', 'recipient', 'refused', /allow this machine to relay/],
    ['550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain', 'recipient', 'refused', /relay/],
    ['550 5.7.1 we do not relay', 'recipient', 'refused', /allow this machine to relay/],
    [
      '554 5.2.252 SendAsDenied; a@example.com not allowed to send as b@example.com',
      'content',
      'refused',
      /may not send as/,
    ],
    [
      '550 5.7.60 SMTP; Client does not have permissions to send as this sender',
      'content',
      'refused',
      /may not send as/,
    ],
    [
      '553 5.7.1 <a@b.example>: Sender address rejected: not owned by user c',
      'recipient',
      'refused',
      /may not send as/,
    ],
    ['550 no', 'sender', 'refused', /"from"/],
    ['553 5.1.8 sender domain not found', 'recipient', 'refused', /"from"/],
    ['550 5.1.1 no such user; check the address and try again', 'recipient', 'refused', /"to"/],
    ['550 no', 'recipient', 'refused', /"to"/],
    ['530 5.7.0 Must issue a STARTTLS command first', 'sender', 'refused', /smtps:\/\//],
    [
      '538 5.7.11 Encryption required for requested authentication mechanism',
      'login',
      'refused',
      /smtps:\/\//,
    ],
    ['523 encryption needed', 'sender', 'refused', /smtps:\/\//],
    ['530 5.7.1 Authentication required', 'sender', 'refused', /user and password into smtpUrl/],
    [
      '530 5.7.57 Client not authenticated to send mail',
      'sender',
      'refused',
      /user and password into smtpUrl/,
    ],
    ['550 authentication is required to send mail', 'recipient', 'refused', /user and password into smtpUrl/],
    ['535 5.7.8 Username and Password not accepted', 'login', 'refused', /check the user and password/],
    [
      '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled',
      'login',
      'refused',
      /SMTP AUTH/,
    ],
    ['534 5.7.9 Application-specific password required', 'login', 'refused', /made for this application/],
    [
      '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org',
      'recipient',
      'refused',
      /block list/,
    ],
    ['502 no STARTTLS', 'starttls', 'refused', /offers no STARTTLS/],
    ['503 STARTTLS out of sequence', 'starttls', 'refused', /offers no STARTTLS/],
    ['552 5.3.4 message size exceeds fixed limit', 'content', 'rejected'],
    ['552 5.2.3 message length exceeds administrative limit', 'content', 'rejected'],
    ['552 message too big', 'recipient', 'rejected'],
    ['552 no', 'sender', 'rejected'],
    ['554 5.6.0 no', 'content', 'rejected'],
    ['554 5.4.6 too many hops', 'content', 'rejected'],
    ['554 go away', 'session', 'refused'],
    ['521 host accepts no mail', 'session', 'refused'],
  ])('%s (%s)', (reply, step, reason, hint = undefined) => {
    expect(verdict(reply, step)).toMatchObject({ reason, retryable: false });
    if (hint) expect(verdict(reply, step).hint).toMatch(hint);
  });
});

it.each(['relay ', 'not ', 'auth', 'mail ', 'try ', 'too many ', 'mailbox ', 'size '])(
  'does not linger over a megabyte of "%s"',
  (word) => {
    const text = word.repeat(1_000_000 / word.length);
    const begun = performance.now();
    verdictOfReply({ status: 550, text, step: 'recipient' });
    // Some milliseconds; what is quadratic in a megabyte takes minutes.
    expect(performance.now() - begun).toBeLessThan(2_000);
  },
);
