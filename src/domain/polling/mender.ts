/**
 * Who can mend what keeps a watch from being polled: `access`, whoever keeps the credential and its access list; `watch`, whoever writes the
 * configuration; `limits`, whoever decides how often is polled; `atlas`, Atlas itself or the way to it; `watcher`, whoever runs this program.
 */
export type Mender = 'access' | 'watch' | 'limits' | 'atlas' | 'watcher';

const MENDERS: Readonly<Record<string, Mender>> = {
  auth: 'access',
  refused: 'access',
  not_found: 'watch',
  wrong_kind: 'watch',
  gone: 'watch',
  bad_request: 'watch',
  rate_limited: 'limits',
  unavailable: 'atlas',
  timeout: 'atlas',
  bad_response: 'atlas',
};

/** Who can mend a fault of this reason; the store and what nobody expected are the watcher's own. */
export function menderOf(reason: string): Mender {
  return MENDERS[reason] ?? 'watcher';
}

/** True for a rate limit that is in the way: an alert of its own, beside that of what cannot be read. */
export function isRateLimit(reason: string | undefined): boolean {
  return reason !== undefined && menderOf(reason) === 'limits';
}
