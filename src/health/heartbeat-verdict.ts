import { isPage, PAGE_HINT } from '../net/answers/page.ts';
import { saysNo } from '../net/answers/says-no.ts';
import { isRedirect } from '../net/http-client.ts';
import { PROXY_LOGIN } from '../net/proxy-fault.ts';
import type { HeartbeatAnswer } from './heartbeat-answer.ts';

const MOVED = 'redirects are not followed: put the final address into the configuration';
const NO_SUCH_CHECK = 'check the address: is there such a check still?';
const NOTED_NOTHING =
  'it has noted nothing: is there such a check at this address, and is it called too often?';

/** `OK (not found)`, `OK (rate limited)`: Healthchecks answers so, with 200, when it has noted nothing (https://healthchecks.io/docs/http_api/). */
const OK_BUT = /^ok\s*\(/i;

/**
 * What an answer to a heartbeat means. A 2xx takes it, unless its body says otherwise, in words, in JSON (`{"ok": false}`), or because it
 * is a page, which comes from something in between.
 */
export function answerOf({ status, text }: { status: number; text: string }): HeartbeatAnswer {
  const detail = `HTTP ${status}`;
  if (isRedirect(status)) return { kind: 'refused', detail, hint: MOVED };
  if (status === 407) return { kind: 'refused', detail: 'the proxy wants a login (407)', hint: PROXY_LOGIN };
  if (status < 200 || status > 299) {
    return { kind: 'refused', detail, hint: status >= 400 && status < 500 ? NO_SUCH_CHECK : null };
  }
  if (isPage(text)) return { kind: 'doubtful', detail: `${detail}: a page`, hint: PAGE_HINT };
  const said = text.trim();
  return OK_BUT.test(said) || saysNo(said)
    ? { kind: 'doubtful', detail: `${detail}: ${quoted(said)}`, hint: NOTED_NOTHING }
    : { kind: 'taken', detail };
}

/** A receiver may quote our address, which is a secret: only a few plain words are told. */
function quoted(said: string): string {
  return /^[a-z ()]{1,60}$/i.test(said) ? said : 'it says that it has not taken it';
}
