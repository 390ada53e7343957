import { unauthorizedReply } from '../errors.ts';
import type { Reply } from '../reply.ts';
import type { DigestAuth } from './digest-auth.ts';
import type { OAuthServer } from './oauth-server.ts';

/** Whether a request is let in; if not, the reply to refuse it with. */
export type LoginVerdict = { ok: true } | { ok: false; reply: Reply };

/** The layer in front of the API: lets in whoever has an API key or a live access token. */
export type Login = (request: {
  method: string;
  /** Path and query as they were sent. */
  path: string;
  authorization: string | undefined;
}) => LoginVerdict;

/** Ops Manager and Cloud Manager have no service accounts. */
export function createLogin(digest: DigestAuth, oauth: Pick<OAuthServer, 'accepts'>): Login {
  return ({ method, path, authorization }) => {
    if (authorization !== undefined && /^Bearer /i.test(authorization) && path.startsWith('/api/atlas/')) {
      // RFC 6750, section 3.1. Whether Atlas sends the header is not known.
      const invalid = 'Bearer realm="MMS Public API", error="invalid_token"';
      return oauth.accepts(authorization)
        ? { ok: true }
        : { ok: false, reply: unauthorizedReply({ 'www-authenticate': invalid }) };
    }
    const verdict = digest.verify(method, path, authorization);
    return verdict.ok
      ? verdict
      : { ok: false, reply: unauthorizedReply({ 'www-authenticate': verdict.challenge }) };
  };
}
