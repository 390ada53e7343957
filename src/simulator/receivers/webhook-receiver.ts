import { Webhook } from 'standardwebhooks';
import { type HttpReceiver, type ReceivedRequest, startHttpReceiver } from './http-receiver.ts';

/** A request as the webhook receiver got it. */
export interface ReceivedWebhook extends ReceivedRequest {
  /** Whether the signature is right; `null` for a receiver without a secret. */
  verified: boolean | null;
}

/**
 * A receiver of signed webhooks, with the public Standard Webhooks library. It answers 204; to a wrong signature 401, and to what is
 * not JSON 400. `secret` is base64, perhaps after `whsec_`.
 */
export async function startWebhookReceiver(
  options: { secret?: string; port?: number } = {},
): Promise<HttpReceiver<ReceivedWebhook>> {
  const { secret, port } = options;
  const verifier = secret === undefined ? null : new Webhook(secret);
  return startHttpReceiver<ReceivedWebhook>({
    what: 'webhook',
    path: '/hook',
    port,
    read: (request) => ({ ...request, verified: verifier && isSigned(request, verifier) }),
    own: ({ verified, json }) => {
      if (verified === false) return 401;
      return json === undefined ? 400 : 204;
    },
  });
}

function isSigned({ body, headers }: ReceivedRequest, verifier: Webhook): boolean {
  try {
    verifier.verify(body, headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}
