import type { SourceReason } from '../errors.ts';

/** Why Atlas cannot be read, or could not, for people. */
const FAULT_WORDS: Readonly<Record<SourceReason, { now: string; past: string }>> = {
  auth: { now: 'Atlas refuses the credential', past: 'Atlas refused the credential' },
  refused: { now: 'Atlas refuses to answer', past: 'Atlas refused to answer' },
  not_found: {
    now: 'Atlas knows no such project or instance',
    past: 'Atlas knew no such project or instance',
  },
  wrong_kind: {
    now: 'it is of another kind than the watch says',
    past: 'it was of another kind than the watch said',
  },
  gone: { now: 'this API of Atlas has ended', past: 'this API of Atlas had ended' },
  bad_request: { now: 'Atlas rejects the request', past: 'Atlas rejected the request' },
  rate_limited: { now: 'a rate limit is in the way', past: 'a rate limit was in the way' },
  unavailable: { now: 'Atlas cannot be reached', past: 'Atlas could not be reached' },
  timeout: { now: 'Atlas does not answer in time', past: 'Atlas did not answer in time' },
  bad_response: {
    now: 'Atlas answers something that cannot be read',
    past: 'Atlas answered something that could not be read',
  },
};

/** Why something cannot be read, or could not be; a reason that this program does not know stands as it is. */
export function faultWords(reason: string, when: 'now' | 'past' = 'now'): string {
  return isReason(reason) ? FAULT_WORDS[reason][when] : reason.replaceAll('_', ' ');
}

function isReason(reason: string): reason is SourceReason {
  return Object.hasOwn(FAULT_WORDS, reason);
}
