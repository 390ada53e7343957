import { readChallenges } from '../reply/challenges.ts';

/** What a server wants to see in a Digest answer. */
export interface DigestChallenge {
  realm: string;
  nonce: string;
  opaque: string | null;
  algorithm: 'MD5' | 'SHA-256';
  /** False: the old form of RFC 2069, without `nc` and `cnonce`. */
  qopAuth: boolean;
  /** The login was right, only the nonce is out of date. */
  stale: boolean;
}

/**
 * The first Digest challenge in a `WWW-Authenticate` header that we can answer; `null` when there is none. Several challenges in one
 * header are told apart (digest-fetch 3.1.1 takes the whole header for one). `op="auth"`, as Atlas's documentation spells it, is
 * read as `qop="auth"`.
 */
export function readDigestChallenge(header: string | null): DigestChallenge | null {
  for (const { scheme, params } of readChallenges(header)) {
    if (scheme !== 'digest') continue;
    const challenge = digestChallenge(params);
    if (challenge) return challenge;
  }
  return null;
}

function digestChallenge(params: ReadonlyMap<string, string>): DigestChallenge | null {
  const nonce = params.get('nonce');
  const algorithm = (params.get('algorithm') ?? 'MD5').toUpperCase();
  const qop = params.get('qop') ?? params.get('op');
  const qopAuth = qop?.split(',').some((option) => option.trim().toLowerCase() === 'auth') ?? false;
  if (!nonce || (algorithm !== 'MD5' && algorithm !== 'SHA-256')) return null;
  if (qop !== undefined && !qopAuth) return null;
  return {
    realm: params.get('realm') ?? '',
    nonce,
    opaque: params.get('opaque') ?? null,
    algorithm,
    qopAuth,
    stale: params.get('stale')?.toLowerCase() === 'true',
  };
}
