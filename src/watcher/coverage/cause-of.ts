import type { GapCause } from '../../domain/coverage/causes.ts';
import { SourceError, type SourceReason, StoreError } from '../../errors.ts';

const CAUSES: Readonly<Record<SourceReason, GapCause>> = {
  auth: 'role',
  refused: 'refused',
  not_found: 'gone',
  wrong_kind: 'gone',
  gone: 'gone',
  bad_request: 'refused',
  rate_limited: 'rate_limited',
  unavailable: 'atlas_away',
  timeout: 'atlas_away',
  bad_response: 'unreadable',
};

/** Says why a look that failed like this leaves a gap. */
export function causeOf(failure: Error): GapCause {
  if (failure instanceof StoreError) return failure.reason === 'fenced' ? 'handed_over' : 'database';
  if (!(failure instanceof SourceError)) return 'internal';
  if (failure.subject === 'credential') return 'credential';
  if (failure.subject === 'access_list') return 'access_list';
  return CAUSES[failure.reason];
}
