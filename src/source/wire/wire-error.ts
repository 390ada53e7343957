import { SourceError, type SourceReason } from '../../errors.ts';
import { StaleConnection, WireFault, type WireFaultKind } from '../../net/wire-fault.ts';

/** What a fault of the transport means for a read. Retryable: it may pass within the same poll. */
const MEANINGS: Readonly<Record<WireFaultKind, { reason: SourceReason; retryable: boolean }>> = {
  network: { reason: 'unavailable', retryable: true },
  proxy: { reason: 'unavailable', retryable: true },
  tls: { reason: 'unavailable', retryable: false },
  proxy_refuses: { reason: 'refused', retryable: false },
  unreadable: { reason: 'bad_response', retryable: false },
  too_long: { reason: 'bad_response', retryable: false },
  unsendable: { reason: 'bad_request', retryable: false },
};

/** The error of a read that has got no answer from `host`, or none that can be read. Anything but a `WireFault` is handed back as it is. */
export function wireError(thrown: unknown, host: string, status?: number): unknown {
  if (!(thrown instanceof WireFault)) return thrown;
  const { reason, retryable } = MEANINGS[thrown.kind];
  return new SourceError(reason, thrown.say(host), { retryable, status, hint: thrown.hint, cause: thrown });
}

/** True when the server was closing an idle connection: a read is worth another try at once. */
export function isStaleConnection(error: unknown): boolean {
  return error instanceof SourceError && error.cause instanceof StaleConnection;
}
