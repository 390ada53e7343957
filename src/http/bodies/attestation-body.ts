import { type AskedAttestation, ATTESTATION_RESULTS, CLEAN_UPS } from '../../domain/evidence/attestation.ts';
import { QueryFault } from '../query.ts';

type Body = Readonly<Record<string, unknown>>;

const KEYS = ['result', 'by', 'ticket', 'note', 'cleanUp'];
const LONGEST = 1_000;

/** Reads what somebody attests of a job. @throws {QueryFault} */
export function attestationIn(job: string, body: Body): AskedAttestation {
  const unknown = Object.keys(body).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    throw new QueryFault(`unknown key ${JSON.stringify(unknown)}`, `known: ${KEYS.join(', ')}`);
  }
  const by = textIn(body, 'by');
  if (by === null) throw new QueryFault('by is missing', 'say who attests it');
  const result = oneIn(body, 'result', ATTESTATION_RESULTS);
  if (result === null) throw new QueryFault('result is missing', `one of: ${ATTESTATION_RESULTS.join(', ')}`);
  return {
    job,
    result,
    by,
    ticket: textIn(body, 'ticket'),
    note: textIn(body, 'note'),
    cleanUp: oneIn(body, 'cleanUp', CLEAN_UPS),
  };
}

function textIn(body: Body, key: string): string | null {
  const value = body[key] ?? null;
  if (value === null) return null;
  if (typeof value === 'string' && value.trim() !== '' && value.length <= LONGEST) return value.trim();
  throw new QueryFault(`${key} cannot be that`, `a text of ${LONGEST} characters at most`);
}

function oneIn<Value extends string>(body: Body, key: string, known: readonly Value[]): Value | null {
  const value = body[key] ?? null;
  if (value === null) return null;
  const found = known.find((each) => each === value);
  if (found === undefined) throw new QueryFault(`${key} cannot be that`, `one of: ${known.join(', ')}`);
  return found;
}
