import { DeliveryError } from '../../errors.ts';
import { jsonFields } from '../../net/answers/json-answer.ts';
import { isPage, PAGE_HINT } from '../../net/answers/page.ts';
import { saysNo } from '../../net/answers/says-no.ts';
import { type HttpReply, httpFault, retryAfterOf, verdictOfStatus } from '../http-outcome.ts';
import type { Scrub } from '../scrub.ts';

const RECEIVER = 'Teams';
/** What a workflow says once it has begun: it has the message, whatever stands in the body. */
const BEGUN = 202;

/** The status that such a text passes on: `upstream said 429`, `HTTP error 413 with ContextId …`, `{"status":413}`. */
const PASSED_ON =
  /\b(?:http|status|code|error|said|returned|response)\b[^0-9a-z]{0,5}(?:[a-z]+[^0-9a-z]{1,3}){0,2}([45]\d\d)\b/i;
/** What the endpoints behind Teams say besides: `Summary or Text is required.`, `Bad payload received by generic incoming webhook.` */
const COMPLAINS =
  /\bbad (?:request|payload|gateway)\b|\bis required\b|\bproblem\b|went wrong|throttl|^\s?[45]\d\d\b/i;
/** A status by itself: `failed: 413 Request Entity Too Large`. */
const BARE_STATUS = /(?:^|[\s:(])([45]\d\d)(?=$|[\s:;,.)])/;

/**
 * What an answer to a card means: `null` when it is accepted, which is a 202, or another 2xx whose body is neither an error text nor a
 * page. Teams and the gateways in front of it put their refusals into a 200: the status in such a text decides, where there is one.
 */
export function teamsFault(reply: HttpReply, scrub: Scrub, now: number): DeliveryError | null {
  const { status, body } = reply;
  const said = scrub(body);
  const fault = httpFault({ ...reply, body: said }, RECEIVER, now);
  if (fault || status === BEGUN) return fault;
  if (isPage(body)) {
    const text = `HTTP ${status}, but with a page in place of an answer of ${RECEIVER}: ${said}`;
    const retryAfterMs = retryAfterOf(reply, now);
    return new DeliveryError('unavailable', text, { retryable: true, status, retryAfterMs, hint: PAGE_HINT });
  }
  if (!isRefusal(body)) return null;
  const passedOn = Number((PASSED_ON.exec(body) ?? BARE_STATUS.exec(body))?.[1] ?? Number.NaN);
  const verdict = Number.isNaN(passedOn)
    ? ({ reason: 'unavailable', retryable: true } as const)
    : verdictOfStatus(passedOn);
  return new DeliveryError(verdict.reason, `${RECEIVER} answered HTTP ${status}, but says: ${said}`, {
    ...verdict,
    status,
    retryAfterMs: verdict.retryable ? retryAfterOf(reply, now) : undefined,
  });
}

/** True for an answer that has to be read to its end before anybody knows what it means. */
export function saysInBody({ status }: HttpReply): boolean {
  return status >= 200 && status < 300 && status !== BEGUN;
}

/** In words or fields; or in text by the status that it passes on. */
function isRefusal(body: string): boolean {
  const fields = jsonFields(body);
  if (saysNo(body)) return true;
  if (fields === null) return PASSED_ON.test(body) || COMPLAINS.test(body);
  const { code, message } = fields;
  return Number(code) >= 400 || (typeof message === 'string' && COMPLAINS.test(message));
}
