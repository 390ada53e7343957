import type { Notifier } from '../../channels/notifier.ts';
import { DeliveryError } from '../../errors.ts';
import type { Hold } from '../leases/leases.ts';

/** The same notifier, which sends nothing once another replica may send for the channel: the process may have stood still since the claim. */
export function sendingOnlyOurs(notifier: Notifier, hold: Hold): Notifier {
  if (hold.lease === null) return notifier;
  const lookAgain = (): void => {
    if (hold.isOurs()) return;
    const options = { retryable: true, wasTried: false };
    throw new DeliveryError('timeout', 'not sent: the channel is another replica’s by now', options);
  };
  const looking =
    (send: Notifier['send']): Notifier['send'] =>
    async (notices, signal) => {
      lookAgain();
      return send(notices, signal, lookAgain);
    };
  const { digest } = notifier;
  return {
    ...notifier,
    send: looking(notifier.send),
    ...(digest ? { digest: { ...digest, send: looking(digest.send) } } : {}),
  };
}
