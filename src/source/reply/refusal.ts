import { isRecord } from '../../domain/json-object.ts';
import type { ReplyHeaders } from '../../net/headers/reply-headers.ts';
import type { HttpReply } from '../wire/answer.ts';
import { readChallenges } from './challenges.ts';
import { parseJson } from './parse-json.ts';

/**
 * What a refusal says. `login`: who are you? `role`: I know who you are, and you may not. `either`: it asks for a login and speaks of a
 * role; what a fresh login is told is about the role.
 */
export type Refusal = 'login' | 'role' | 'either';

/** With these a 401 does not know who asks. All others come from behind the login. */
const UNKNOWN_CALLER: ReadonlySet<string> = new Set([
  'UNEXPECTED_ERROR',
  'UNAUTHORIZED',
  'UNAUTHENTICATED',
  'NO_CURRENT_USER',
]);

/** `USER_UNAUTHORIZED`, `USER_CANNOT_ACCESS_GROUP`, `NOT_IN_GROUP`, `NOT_ORG_OWNER`. */
const MISSING_ROLE = /UNAUTHORIZED|CANNOT_ACCESS|NOT_IN_|^NOT_(?:ORG|GROUP|USER|GLOBAL)_/;

/**
 * Tells what a 401 or 403 is about; `null` for every other answer, and for a 403 that is about neither. The one place that reads
 * refusals: those who log in and those who explain go by it.
 *
 * A challenge in the headers wins over the code: who asks for a login does not know the caller, whatever else is said, until a fresh
 * login is told the same. Without a challenge Atlas's code decides. RFC 6750 (section 3.1) has two words of its own for it.
 */
export function refusalOf(status: number, headers: ReplyHeaders, code: string | null): Refusal | null {
  if (status === 403) return namesRole(code) ? 'role' : null;
  if (status !== 401) return null;
  const challenges = readChallenges(headers.get('www-authenticate'));
  const says = (error: string): boolean => challenges.some(({ params }) => params.get('error') === error);
  if (says('insufficient_scope')) return 'role';
  if (challenges.length > 0) return namesRole(code) && !says('invalid_token') ? 'either' : 'login';
  return code === null || UNKNOWN_CALLER.has(code) ? 'login' : 'role';
}

/** True for a code that speaks of a role, or of a project that the caller is not in. */
function namesRole(code: string | null): boolean {
  return code !== null && MISSING_ROLE.test(code);
}

/** The same of an answer that nobody has read yet. */
export function refusalIn({ status, headers, text }: HttpReply): Refusal | null {
  return status === 401 || status === 403
    ? refusalOf(status, headers, codeIn(parseJson(text), headers))
    : null;
}

/** The code that Atlas gives to an error, in the body or beside it; `null` where there is none. */
export function codeIn(body: unknown, headers: ReplyHeaders): string | null {
  const codes = [isRecord(body) ? body.errorCode : null, headers.get('x-error-code')];
  return codes.find((code): code is string => typeof code === 'string' && code !== '') ?? null;
}
