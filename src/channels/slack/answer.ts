import { DeliveryError } from '../../errors.ts';
import { jsonFields } from '../../net/answers/json-answer.ts';
import { isPage, PAGE_HINT } from '../../net/answers/page.ts';
import { type HttpReply, httpFault, retryAfterOf, verdictOfStatus } from '../http-outcome.ts';
import type { Scrub } from '../scrub.ts';

const RECEIVER = 'Slack';

const REMOVED = 'the webhook was removed: make a new one in Slack';
const NOT_ALLOWED = 'the webhook may not post to this Slack channel';

/** Slack's words for a destination that will not come back, whatever the status. From the table in https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/#handling_errors and, for servers that answer as its Web API does, https://docs.slack.dev/reference/methods/chat.postMessage/#errors */
const DESTINATION_GONE = new Map([
  ['no_service', REMOVED],
  ['no_service_id', REMOVED],
  ['no_active_hooks', 'the webhook was switched off in Slack'],
  ['invalid_token', REMOVED],
  ['token_revoked', REMOVED],
  ['token_expired', REMOVED],
  ['account_inactive', REMOVED],
  ['invalid_auth', 'the Slack webhook does not know its token: make a new one'],
  ['not_authed', 'the Slack webhook does not know its token: make a new one'],
  ['no_team', 'the Slack workspace does not exist'],
  ['team_disabled', 'the Slack workspace is switched off'],
  ['channel_not_found', 'the Slack channel does not exist'],
  ['channel_is_archived', 'the Slack channel is archived'],
  ['is_archived', 'the Slack channel is archived'],
  ['user_not_found', 'the Slack user does not exist'],
  ['action_prohibited', 'an administrator of the Slack workspace does not allow this'],
  ['restricted_action', 'an administrator of the Slack workspace does not allow this'],
  ['posting_to_general_channel_denied', NOT_ALLOWED],
  ['not_in_channel', NOT_ALLOWED],
  ['no_permission', NOT_ALLOWED],
  ['missing_scope', NOT_ALLOWED],
]);

/** Words for what passes by itself: a limit, a fault on their side. */
const PASSES =
  /rate_?limit|unavailable|timeout|timed.out|internal|fatal|server.error|rollup_error|unknown_error|temporar|try.again|team_added_to_org/i;
/** Words for content that is not liked, and will not be: `invalid_blocks`, `msg_too_long`, `no_text`. */
const DISLIKES =
  /^(?:invalid|missing|no|not|too|msg|bad|malformed|unsupported|unknown|metadata|markdown|messages?|attachments?|blocks?)(?:[_ ]|$)/i;

/** What else servers that take Slack's messages say when they have accepted, in a field of that name. */
const SAYS_YES: Readonly<Record<string, readonly unknown[]>> = {
  ok: [true, 'true'],
  success: [true, 'true'],
  // Zulip: https://zulip.com/api/slack-incoming-webhook
  result: ['success', 'ok'],
  status: ['success', 'ok', 'accepted'],
};

/**
 * What an answer to a message means: `null` when it is accepted. Slack itself says `ok`; others that take its messages say so in JSON
 * (`{"ok":true}`, Rocket.Chat `{"success":true}`), or answer 2xx with nothing.
 */
export function slackFault(reply: HttpReply, scrub: Scrub, now: number): DeliveryError | null {
  const { status } = reply;
  const body = reply.body.trim();
  const said = scrub(body);
  if (isAccepted(status, body)) return null;
  const word = wordOf(body);
  const ofWord =
    word === null
      ? null
      : faultOfWord(word, {
          text: `${RECEIVER} answered HTTP ${status}: ${said}`,
          status,
          retryAfterMs: retryAfterOf(reply, now),
        });
  if (ofWord && (status < 300 || !ofWord.retryable)) return ofWord;
  const fault = httpFault({ ...reply, body: said }, RECEIVER, now);
  if (fault) return fault;
  // Not Slack's answer: something in between, a proxy's login page for one.
  return new DeliveryError('unavailable', `HTTP ${status}, but not the ok of ${RECEIVER}: ${said}`, {
    retryable: true,
    status,
    retryAfterMs: retryAfterOf(reply, now),
    hint: isPage(body) ? PAGE_HINT : undefined,
  });
}

function isAccepted(status: number, body: string): boolean {
  if (status < 200 || status >= 300) return false;
  if (body === '' || /^"?ok"?$/i.test(body)) return true;
  const fields = jsonFields(body);
  if (fields === null) return false;
  const answers = Object.entries(SAYS_YES).filter(([key]) => key in fields);
  return answers.length > 0 && answers.every(([key, yes]) => yes.includes(lower(fields[key])));
}

function lower(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value;
}

/** The word that says what is wrong, by itself or in the `error` of a JSON object. */
function wordOf(body: string): string | null {
  if (/^[a-z][a-z_]{1,60}$/.test(body)) return body;
  const fields = jsonFields(body);
  const word = fields?.error ?? fields?.msg ?? fields?.message;
  return typeof word === 'string' ? word : null;
}

/**
 * What a word means: `null` where nobody knows, and the status decides, or another try. Behind a status that passes by itself only a
 * destination that has gone is believed: gateways in front of a receiver say "Too Many Requests" and "no healthy upstream".
 */
function faultOfWord(
  word: string,
  { text, status, retryAfterMs }: { text: string; status: number; retryAfterMs: number | undefined },
): DeliveryError | null {
  const gone = DESTINATION_GONE.get(word);
  if (gone) return new DeliveryError('refused', text, { retryable: false, status, hint: gone });
  if (PASSES.test(word)) {
    const reason = /limit/i.test(word) ? 'rate_limited' : 'unavailable';
    return new DeliveryError(reason, text, { retryable: true, status, retryAfterMs });
  }
  const isPassing = status >= 300 && verdictOfStatus(status).retryable;
  return DISLIKES.test(word) && !isPassing
    ? new DeliveryError('rejected', text, { retryable: false, status })
    : null;
}
