import { jsonFields } from './json-answer.ts';

/** Words with which a 2xx says that nothing was taken. */
const NO_IN_WORDS =
  /fail|error|exception|denied|forbidden|unauthori|not (?:found|delivered|accepted|allowed)|throttl|rate.?limit|too many|too large|unable|could ?n[o']t|cannot|invalid|time[d ]?.?out|reject|refus|unavailable|exceed/i;

/** True when an answer says no in its body, whatever its status: in words, or in the fields of a JSON object that are used for that. */
export function saysNo(body: string): boolean {
  const fields = jsonFields(body);
  if (fields === null) return NO_IN_WORDS.test(body);
  const { error, errors, ok, success, status, statusCode, code } = fields;
  return (
    Boolean(error) ||
    (Array.isArray(errors) && errors.length > 0) ||
    [ok, success].some((yes) => yes === false || yes === 'false') ||
    [status, statusCode, code].some(
      (number) => typeof number === 'number' && number >= 400 && number < 600,
    ) ||
    (typeof status === 'string' && /error|fail/i.test(status))
  );
}
