import { createHash, randomBytes } from 'node:crypto';
import type { Timestamp } from '../../../domain/instant.ts';
import { createNonceBook } from './nonce-book.ts';

/** The realm that Atlas names in its login challenges. */
export const REALM = 'MMS Public API';

/** Which API key may log in, and how strict the server is. */
export interface DigestAuthOptions {
  /** The user name. */
  publicKey: string;
  /** The password. */
  privateKey: string;
  now: () => Timestamp;
  /** How long a nonce may be used, in milliseconds. */
  nonceLifeMs?: number | undefined;
  /** Spells the challenge `op="auth"`, as the documentation pages do; a reply must be made with qop=auth all the same. */
  opSpelling?: boolean | undefined;
  /** Demands that `nc` grows from request to request. Otherwise it may arrive out of order, as from parallel connections, but never twice. */
  strictNc?: boolean | undefined;
}

/** What has been asked and answered so far. */
export interface DigestCounts {
  accepted: number;
  /** Requests without credentials that were sent a challenge. */
  challenges: number;
  /** Answers with `stale=true`: the nonce has run out, is unknown or has been used 1,023 times. */
  stale: number;
  /** Requests with an `nc` that was used before, is zero or steps back where it must grow. */
  replays: number;
  /** Requests whose credentials are malformed or wrong. */
  failures: number;
}

/** Whether a request is let in; if not, the challenge to answer it with. */
export type DigestVerdict = { ok: true } | { ok: false; challenge: string };

/** Verifies HTTP Digest as the server in front of Atlas does, which behaves like Jetty's: MD5, qop=auth, counted nonces. */
export interface DigestAuth {
  readonly counts: DigestCounts;
  /** `uri` is path and query as they were sent. */
  verify(method: string, uri: string, authorization: string | undefined): DigestVerdict;
}

type Failing = 'challenges' | 'stale' | 'replays' | 'failures';

/** Creates the HTTP Digest login of Atlas for one API key. */
export function createDigestAuth(options: DigestAuthOptions): DigestAuth {
  const { publicKey, privateKey, now, nonceLifeMs = 60_000, opSpelling = false, strictNc = false } = options;
  const counts: DigestCounts = { accepted: 0, challenges: 0, stale: 0, replays: 0, failures: 0 };
  const nonces = createNonceBook({ now, lifeMs: nonceLifeMs, mustGrow: strictNc });
  const secret = md5(`${publicKey}:${REALM}:${privateKey}`);

  const refuse = (why: Failing): DigestVerdict => {
    counts[why] += 1;
    const nonce = randomBytes(24).toString('base64');
    nonces.issue(nonce);
    const qop = opSpelling ? 'op="auth"' : 'qop="auth"';
    const stale = why === 'stale';
    return {
      ok: false,
      challenge: `Digest realm="${REALM}", domain="", nonce="${nonce}", algorithm=MD5, ${qop}, stale=${stale}`,
    };
  };

  return {
    counts,
    verify: (method, uri, authorization) => {
      if (authorization === undefined) return refuse('challenges');
      const fields = parseAuthorization(authorization);
      if (!fields || !isWellFormed(fields, uri)) return refuse('failures');
      const { nonce = '', nc = '', cnonce = '', response } = fields;

      // Jetty looks at the nonce before it looks at the password, and so tells a stale nonce even to a wrong password.
      const use = nonces.use(nonce, Number.parseInt(nc, 16));
      if (use === 'stale') return refuse('stale');
      if (use === 'replay') return refuse('replays');

      const expected = md5(`${secret}:${nonce}:${nc}:${cnonce}:auth:${md5(`${method}:${uri}`)}`);
      if (fields.username !== publicKey || response !== expected) return refuse('failures');
      counts.accepted += 1;
      return { ok: true };
    },
  };
}

function isWellFormed(fields: Record<string, string>, uri: string): boolean {
  return (
    fields.realm === REALM &&
    fields.uri === uri &&
    fields.qop === 'auth' &&
    (fields.algorithm === undefined || fields.algorithm.toUpperCase() === 'MD5') &&
    /^[0-9a-f]{8}$/i.test(fields.nc ?? '') &&
    (fields.cnonce ?? '') !== ''
  );
}

/** The parameters of `Digest a="b", c=d`; `null` when it is not of that form, or names one twice. */
function parseAuthorization(header: string): Record<string, string> | null {
  const parameters = /^Digest\s+(.*)$/is.exec(header)?.[1];
  if (parameters === undefined) return null;
  const fields: Record<string, string> = {};
  const pair = /\s*([a-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))\s*(?:,|$)/iy;
  while (pair.lastIndex < parameters.length) {
    const found = pair.exec(parameters);
    const name = found?.[1]?.toLowerCase();
    if (!found || name === undefined || name in fields) return null;
    fields[name] = found[3] ?? (found[2] ?? '').replace(/\\(.)/g, '$1');
  }
  return fields;
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
