import type { SMTPTransportOptions } from 'nodemailer';
import { DeliveryError, type RecipientRefusal, toError, WatcherError } from '../../errors.ts';
import type { Logger } from '../../logging/logger.ts';
import { decoded } from '../../net/address/decoded.ts';
import { trustedCas } from '../../net/ca-file.ts';
import type { Redactor } from '../../net/redact/redactor.ts';
import { passwordsOf } from '../../net/redact/secret-parts.ts';
import type { ChannelTemplate } from '../../templates/channel-template.ts';
import type { Leave, Notice, Notifier, Receipt } from '../notifier.ts';
import { mailPreview } from '../preview.ts';
import { createScrub } from '../scrub.ts';
import { createTeller } from '../teller.ts';
import { composeDigest } from './digest.ts';
import type { Mailer } from './mailer.ts';
import { composeMail, type LoneMail, type Mail, type MailContext } from './message.ts';
import { refusedRecipients, smtpFault, tooSlow } from './smtp-outcome.ts';

/** What an email channel is made with. */
export interface EmailOptions extends MailContext {
  /** `smtp://` (port 587 unless given) or `smtps://` (465), with user and password where needed; a query is ignored. */
  smtpUrl: string;
  /** Refuse to send in clear when the server offers no STARTTLS. */
  requireTls: boolean;
  /** PEM file of a private CA to trust besides the well-known ones. */
  caFile: string | null;
  /** For a whole attempt, in milliseconds; `null`: as long as the protocol allows. */
  timeoutMs?: number | null;
  timeouts?: Partial<EmailTimeouts>;
  /** `null`: the built-in message. */
  template: ChannelTemplate | null;
  /** Where people reach the page, without a slash at its end; `null`: messages do not lead there. */
  publicUrl?: string | null;
  logger: Logger;
  /** How the audit log was signed last, as a note: a copy goes with each digest. Absent, or `null`: none does. */
  readCheckpoint?: (() => Promise<string | null>) | undefined;
  /** Knows the secrets of everybody else, to be taken out of what the receiver says. */
  redactor?: Redactor | undefined;
}

/** In milliseconds. */
interface EmailTimeouts {
  /** For DNS; the connection itself is given up by the system after some two minutes. */
  dns: number;
  /** From the connection to the greeting. */
  greeting: number;
  /** Silence at any later step. */
  socket: number;
  /** For the whole exchange, against a server that dribbles. */
  total: number;
}

const MINUTE = 60_000;

/**
 * RFC 5321, section 4.5.3.2: a client waits 5 minutes for the greeting and for MAIL and RCPT, 2 for DATA, 3 for each block, and 10 after
 * the dot, when a server may be scanning or delivering: whoever stops earlier sends the mail again. The longest holds for all steps after
 * the greeting.
 */
const TIMEOUTS: EmailTimeouts = {
  dns: 30_000,
  greeting: 5 * MINUTE,
  socket: 10 * MINUTE,
  total: 30 * MINUTE,
};

/** For whom a mail is, of all recipients of the channel. */
type RecipientChoice = Pick<Notice, 'onlyTo' | 'notTo'>;

/** Events in one digest: see `digestHtml` for what it may weigh. */
const DIGEST_BATCH = 100;

/**
 * Sends each event as one mail to all recipients, or what was gathered as a digest. Each mail has its own connection: mails are rare, and a pool would re-queue by
 * itself what the outbox already repeats. Accepted means accepted for at least one recipient; who was refused, and why, is in the
 * receipt. A mail that is for some of the recipients alone is the same mail, with all of them in its header.
 * @throws {WatcherError} code `config`, when the URL or the CA file cannot be used.
 */
export function createEmailNotifier(options: EmailOptions): Notifier {
  const { channel } = options;
  const login = loginOf(options.smtpUrl, channel);
  const { total, ...timeouts } = timeoutsOf(options);
  const mailer = loadMailer(transportOptions(options, login, timeouts), options);
  const scrub = createScrub([options.smtpUrl, ...passwordsOf(options.smtpUrl)], options.redactor);
  const context = { scrub, caFile: options.caFile };
  // The whole mail is escaped for HTML where that is made; its other part is plain text.
  const tell = createTeller({ ...options, name: channel, type: 'email', escapeValue: (text) => text });
  const compose = async ([notice]: readonly Notice[]): Promise<Mail> => {
    if (notice === undefined) throw new TypeError('nothing to send');
    return composeMail(await tell(notice.event), options);
  };
  const post = async (
    mail: LoneMail,
    { onlyTo, notTo = [] }: RecipientChoice,
    { signal, lastLook }: Leave,
  ): Promise<Receipt> => {
    const { send, everyone, sender } = await mailer.get();
    const to = everyone.filter((one) => !notTo.includes(one) && (onlyTo === undefined || one === onlyTo));
    if (to.length === 0 && onlyTo !== undefined)
      return { detail: `${onlyTo} is a recipient of this channel no more`, wasSent: false };
    if (to.length === 0 && notTo.length > 0)
      return { detail: 'every recipient is owed it apart', wasSent: false };
    const inTime = AbortSignal.timeout(total);
    // Before a server is bothered, and once more before it gets the mail.
    lastLook?.();
    const info = await send(
      { ...mail, envelope: { from: sender, to } },
      { signal: AbortSignal.any([signal, inTime]), lastLook },
    ).catch((thrown: unknown) => {
      if (thrown instanceof DeliveryError) throw thrown;
      throw inTime.aborted && !signal.aborted ? tooSlow(total) : smtpFault(thrown, signal, context);
    });
    const refused = refusedRecipients(info.rejectedErrors, context);
    return { detail: scrub(info.response) + refusals(refused, to.length), refused };
  };

  return {
    channel,
    type: 'email',
    maxBatch: 1,
    concurrency: 2,
    send: async (notices, signal, lastLook) =>
      post(await compose(notices), notices[0] ?? {}, { signal, lastLook }),
    digest: {
      maxBatch: DIGEST_BATCH,
      send: async (notices, signal, lastLook) => {
        const told = await Promise.all(notices.map(({ event }) => tell(event)));
        const checkpoint = await readCheckpoint(options);
        return post(composeDigest(told, options, checkpoint), notices[0] ?? {}, { signal, lastLook });
      },
    },
    preview: async (notices) => mailPreview(await compose(notices)),
    close: mailer.close,
  };
}

/** A store that fails just now does not keep a mail from people. */
async function readCheckpoint({ readCheckpoint: read }: EmailOptions): Promise<string | null> {
  return (await read?.().catch(() => null)) ?? null;
}

/**
 * Loads the mailer of a channel at once, not with the first mail: by then there may be no descriptor left to read it with. Where that fails, each
 * mail tries it again.
 */
function loadMailer(settings: SMTPTransportOptions, options: EmailOptions) {
  let loading: Promise<Mailer> | null = null;
  const get = (): Promise<Mailer> => {
    loading ??= import('./mailer.ts').then(
      ({ createMailer }) => createMailer(settings, options),
      (thrown: unknown) => {
        loading = null;
        throw notLoaded(options.channel, thrown);
      },
    );
    return loading;
  };
  get().catch(() => undefined);
  return {
    /** @throws {DeliveryError} that may be tried again. */
    get,
    close: async (): Promise<void> => (await loading?.catch(() => null))?.close(),
  };
}

function notLoaded(channel: string, thrown: unknown): DeliveryError {
  const cause = toError(thrown);
  return new DeliveryError(
    'unavailable',
    `channel ${channel}: what sends mail could not be loaded: ${cause.message}`,
    {
      retryable: true,
      cause,
      hint: 'Have the files of the program been replaced or taken away while it runs? Then start it again.',
    },
  );
}

function timeoutsOf({ timeoutMs = null, timeouts }: EmailOptions): EmailTimeouts {
  return { ...TIMEOUTS, ...(timeoutMs === null ? {} : { total: timeoutMs }), ...timeouts };
}

/** Words who of the recipients was refused, and how: `; refused 2 of 3: a@example.com for now, b@example.com for good`; `''` for nobody. */
function refusals(refused: readonly RecipientRefusal[], all: number): string {
  if (refused.length === 0) return '';
  const each = refused.map(
    ({ recipient, fault }) => `${recipient} ${fault.retryable ? 'for now' : 'for good'}`,
  );
  return `; refused ${refused.length} of ${all}: ${each.join(', ')}`;
}

interface Login {
  host: string;
  port: number | undefined;
  secure: boolean;
  user: string;
  password: string;
}

/** Read here and not by nodemailer, whose URLs can set any option in their query. The error must not quote the URL. */
function loginOf(smtpUrl: string, channel: string): Login {
  const url = URL.canParse(smtpUrl) ? new URL(smtpUrl) : null;
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === '') {
    throw new WatcherError('config', `channel ${channel}: smtpUrl is not of the form smtp://host:port`);
  }
  return {
    // An IPv6 address stands in brackets there.
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? undefined : Number(url.port),
    secure: url.protocol === 'smtps:',
    user: decoded(url.username),
    password: decoded(url.password),
  };
}

function transportOptions(
  { requireTls, caFile, channel }: EmailOptions,
  { host, port, secure, user, password }: Login,
  { dns, greeting, socket }: Omit<EmailTimeouts, 'total'>,
): SMTPTransportOptions {
  return {
    host,
    port,
    secure,
    requireTLS: requireTls,
    auth: user === '' ? undefined : { user, pass: password },
    tls: caFile === null ? undefined : { ca: trustedCas(caFile, `channel ${channel}`) },
    // Of all before the session, the greeting included.
    connectionTimeout: dns + greeting,
    dnsTimeout: dns,
    greetingTimeout: greeting,
    socketTimeout: socket,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
