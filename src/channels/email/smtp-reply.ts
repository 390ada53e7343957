import type { DeliveryReason } from '../../errors.ts';

/** What a refusal means for the mail, or for the recipient it is about. */
export interface Verdict {
  reason: DeliveryReason;
  retryable: boolean;
  hint?: string | undefined;
}

/** A reply of a mail server, as far as a verdict needs it. */
export interface SmtpReply {
  /** Three digits. */
  status: number;
  /** What follows the status, with the enhanced code. */
  text: string;
  /** The step of the conversation that got it. */
  step: SmtpStep;
}

/** `session`: before anything of the mail was said. */
export type SmtpStep = 'session' | 'starttls' | 'login' | 'sender' | 'recipient' | 'content';

/** A row of the table below; what is left out matches everything. */
interface Row {
  status?: readonly number[];
  /** Enhanced status code (RFC 3463), or its beginning. */
  enhanced?: RegExp;
  text?: RegExp;
  steps?: readonly SmtpStep[];
  verdict: Verdict;
}

const LATER: Verdict = { reason: 'unavailable', retryable: true };
const REJECTED: Verdict = { reason: 'rejected', retryable: false };
const FULL: Verdict = { ...LATER, hint: 'the mailbox is full: its owner has to make room' };
const QUOTA: Verdict = {
  reason: 'rate_limited',
  retryable: true,
  hint: 'the account has sent as much as the server allows it for now',
};
const refused = (hint?: string): Verdict => ({ reason: 'refused', retryable: false, hint });
const LOG_IN = refused('the server wants a login: put user and password into smtpUrl');
const NO_RELAY = refused('log in (user and password in smtpUrl), or allow this machine to relay');
const ENCRYPT = refused('the server wants encryption: use smtps://, or requireTls: true');
const BLOCKED = refused(
  'the server refuses mail from this machine: have its address taken off the block list, or send through another server',
);
const SEND_AS = refused('the account that logs in may not send as the address in "from"');
const NO_SUCH_RECIPIENT = refused('check the addresses in "to"');

/** Says "later" in words, though its status says "never". */
const SAYS_LATER =
  /\b(?:re)?try\b[^.]{0,30}\b(?:later|after|soon|shortly|in \d)|temporar|gr[ae]y-?list|\bthrottl|\bdeferred\b|rate[- ]limit|at a rate that|sending limit|too many (?:messages|mails|emails|connections|requests|recipients|login|(?:bad|failed) (?:login|auth))/i;
const SAYS_SENT_ENOUGH =
  /\b(?:daily|hourly|sending|outbound)\b[^.]{0,30}\b(?:quota|limit)|\b(?:quota|limit) (?:for|of|on) (?:sending|outbound)/i;
const SAYS_BLOCKED =
  /\b(?:host|ip|address|client)\b[^.]{0,40}\b(?:blocked|block ?list|black ?list)|\b(?:blocked|listed) (?:using|by|at|on|in)\b|spamhaus/i;
const SAYS_FULL =
  /quota|over ?limit|(?:mailbox|inbox)\b[^.]{0,20}\b(?:full|exceed)|exceeded storage|insufficient (?:system )?storage/i;
const SAYS_TOO_BIG = /\b(?:message|mail|e-?mail|data)\b[^.]{0,30}(?:size|big|large)/i;
const SAYS_NO_RELAY =
  /\brelay[^.]{0,60}\b(?:denied|not|prohibited|refused|disallowed)|\b(?:not|unable|cannot|no|denied)\b[^.]{0,30}\brelay/i;
const SAYS_NO_LOGIN =
  /\bauth\w{0,20} (?:is )?(?:required|needed)|must (?:first )?(?:log ?in|authenticate)|not (?:logged in|authenticated)/i;
const SAYS_NOT_AS =
  /send ?as ?denied|send as this sender|not owned by|not (?:allowed|authori[sz]ed) to send (?:as|from|on behalf)/i;
/** More than any reply says for a verdict. */
const LONGEST = 1_000;

/**
 * What refusals by 5yz mean; the first row that fits decides, so that what is particular comes first. Enhanced codes by RFC 3463 and
 * the IANA registry of SMTP enhanced status codes; those of four figures at the end are Exchange's
 * (https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online/non-delivery-reports-in-exchange-online).
 */
const ROWS: readonly Row[] = [
  {
    steps: ['starttls'],
    verdict: refused('the server offers no STARTTLS: use smtps://, or requireTls: false to send in clear'),
  },
  // What may not be said: by whom, as whom.
  {
    enhanced: /^5\.7\.139$/,
    verdict: refused(
      'the mail server allows no login by password for this account: have SMTP AUTH switched on for it',
    ),
  },
  {
    status: [534],
    text: /application|app[- ]?(?:specific )?password/i,
    verdict: refused('the account needs a password made for this application'),
  },
  { status: [523, 530, 538], text: /starttls|\btls\b|\bssl\b|encrypt/i, verdict: ENCRYPT },
  { enhanced: /^5\.7\.(?:10|11)$/, verdict: ENCRYPT },
  { steps: ['login'], text: SAYS_LATER, verdict: LATER },
  { steps: ['login'], verdict: refused('check the user and password in smtpUrl') },
  { enhanced: /^5\.2\.252$|^5\.7\.60$/, verdict: SEND_AS },
  { text: SAYS_NOT_AS, verdict: SEND_AS },
  { enhanced: /^5\.7\.57$/, verdict: LOG_IN },
  { text: SAYS_NO_RELAY, verdict: NO_RELAY },
  { status: [530], verdict: LOG_IN },
  { text: SAYS_NO_LOGIN, verdict: LOG_IN },
  // Addresses.
  {
    enhanced: /^5\.1\.[78]$/,
    verdict: refused('check "from": the server does not know the domain or form of this address'),
  },
  { enhanced: /^5\.(?:1\.90|7\.23[23])$/, verdict: QUOTA },
  { enhanced: /^5\.1\./, verdict: NO_SUCH_RECIPIENT },
  { enhanced: /^5\.2\.2$/, verdict: FULL },
  // Size, before room: both speak of what is exceeded.
  { enhanced: /^5\.(?:2\.3|3\.4)$/, verdict: REJECTED },
  { status: [552], text: SAYS_TOO_BIG, verdict: REJECTED },
  // What passes.
  { enhanced: /^5\.4\.5$/, verdict: QUOTA },
  { enhanced: /^5\.(?:3\.[12]|4\.3|5\.3)$/, verdict: LATER },
  { text: SAYS_SENT_ENOUGH, verdict: QUOTA },
  { text: SAYS_FULL, steps: ['recipient', 'content'], verdict: FULL },
  { text: SAYS_FULL, verdict: QUOTA },
  { text: SAYS_LATER, verdict: LATER },
  { text: SAYS_BLOCKED, verdict: BLOCKED },
  // RFC 5321, section 4.5.3.1.10: too many recipients, to be taken as passing.
  { status: [552], steps: ['recipient'], verdict: LATER },
  // What the step that got it says.
  { status: [552], steps: ['sender'], verdict: REJECTED },
  { steps: ['sender'], verdict: refused('check "from": the server does not let us send as this address') },
  {
    steps: ['recipient'],
    verdict: refused('check the addresses in "to", and whether the server relays for us'),
  },
  { steps: ['content'], verdict: REJECTED },
];

/**
 * What a reply other than 2yz and 3yz means. 4yz passes (RFC 5321, section 4.2.1), as does what calls itself passing by an enhanced code
 * of class 4, and a command out of sequence (503); for 5yz see the table.
 */
export function verdictOfReply(reply: SmtpReply): Verdict {
  const { status, step } = reply;
  const text = reply.text.slice(0, LONGEST);
  const [, code = ''] = /^[\s-]*([245]\.\d{1,3}\.\d{1,3})(?=\s|$)/.exec(text) ?? [];
  // The table is by 5yz; what a code of class 4 is about has the same figures.
  const facts = { ...reply, text, enhanced: code.replace(/^4/, '5') };
  const row = ROWS.find((one) => fits(one, facts));
  if (status < 500 || code.startsWith('4.') || (status === 503 && step !== 'starttls')) {
    return row?.verdict.retryable ? { ...row.verdict, reason: 'unavailable' } : LATER;
  }
  return row?.verdict ?? refused();
}

function fits(row: Row, { status, enhanced, text, step }: SmtpReply & { enhanced: string }): boolean {
  return (
    (row.status?.includes(status) ?? true) &&
    (row.enhanced?.test(enhanced) ?? true) &&
    (row.text?.test(text) ?? true) &&
    (row.steps?.includes(step) ?? true)
  );
}
