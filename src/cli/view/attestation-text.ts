import type { Attestation } from '../../domain/evidence/attestation.ts';

const CLEANED = { done: 'removed', failed: 'not removed: it failed', open: 'not removed yet' } as const;

/** `passed, attested by Ann Example (OPS-17): 4,211,003 rows` */
export function attestationText({ result, by, ticket, note, cleanUp }: Attestation): string {
  return [
    `${result}, attested by ${by}${ticket === null ? '' : ` (${ticket})`}`,
    ...(note === null ? [] : [`: ${note}`]),
    ...(cleanUp === null ? [] : [`; test data ${CLEANED[cleanUp]}`]),
  ].join('');
}
