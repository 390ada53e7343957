import { hash, randomBytes } from 'node:crypto';
import DigestClient from 'digest-fetch';
import type { DigestChallenge } from './digest-challenge.ts';

/** A Jetty-type server calls a nonce stale from its 1,024th use on; we take another one before that. */
const MOST_USES = 1_000;

/**
 * The answers to one nonce. `digest-fetch` computes them; what it gets wrong in 3.1.1 is put right here:
 * - it never restarts `nc` and writes it in decimal (a Jetty-type server then refuses for good): here one object serves one nonce,
 *   and `nc` is hexadecimal;
 * - it counts `nc` after the reply, so concurrent and aborted requests share one: here it is counted when the header is made;
 * - it reads the header unanchored, takes `op="auth"` for no `qop`, and ignores the algorithm: it is given a challenge that we have read;
 * - it drops quotes from a realm and escapes nothing: the realm is hashed as it is, and stands escaped in the header;
 * - it writes into the caller's headers: it gets an object of its own;
 * - its `cnonce` comes from `Math.random`;
 * - it hashes in JavaScript, and the credential anew for every request: here OpenSSL does, and the credential once for each nonce.
 * Its own `fetch` (which request is sent when) is not used: see `digest-login.ts`.
 */
export class DigestNonce extends DigestClient {
  /** Grows with every nonce that is taken into use. */
  readonly serial: number;
  readonly #qopAuth: boolean;
  readonly #realm: string;
  readonly #openSslName: string;
  /** Hash of user, realm and password: the same for all uses. */
  #credential: string | null = null;
  #uses = 0;

  constructor(user: string, password: string, challenge: DigestChallenge, serial: number) {
    super(user, password, { algorithm: challenge.algorithm });
    this.serial = serial;
    this.#qopAuth = challenge.qopAuth;
    this.#realm = challenge.realm;
    this.#openSslName = challenge.algorithm === 'MD5' ? 'md5' : 'sha256';
    this.parseAuth(plainHeader(challenge));
    Object.assign(this.digest, quotable(challenge));
  }

  get isUsedUp(): boolean {
    return this.#uses >= MOST_USES;
  }

  /** The `Authorization` for one GET of this absolute, normalised URL. Counts: never to be sent twice. */
  authorization(url: string): string {
    this.#uses += 1;
    this.digest.nc = this.#uses.toString(16) as unknown as number; // digest-fetch only pads it to eight characters
    const { headers } = this.addAuth(url, { method: 'GET', headers: {} }) as {
      headers: { Authorization: string };
    };
    // RFC 2617, 3.2.2: without qop there must be neither nc nor cnonce, which digest-fetch appends always.
    return this.#qopAuth
      ? headers.Authorization
      : headers.Authorization.replace(/,nc=[^,]*,cnonce="[^"]*"$/, '');
  }

  override computeHash(user: string, _escapedRealm: string, password: string): string {
    const credential = this.#credential ?? String(super.computeHash(user, this.#realm, password));
    this.#credential = credential;
    return credential;
  }

  override hashWithAlgorithm(data: string): string {
    try {
      return hash(this.#openSslName, data);
    } catch {
      // An OpenSSL that is held to FIPS has no MD5.
      return super.hashWithAlgorithm(data);
    }
  }

  override makeNonce(): string {
    return randomBytes(16).toString('hex');
  }
}

/** What digest-fetch reads without fault. */
function plainHeader({ nonce, qopAuth }: DigestChallenge): string {
  return `Digest nonce="${nonce}"${qopAuth ? ', qop="auth"' : ''}`;
}

/** What stands between quotes in the answer, as it does in the challenge (RFC 9110, section 5.6.4). */
function quotable({ realm, opaque }: DigestChallenge): { realm: string; opaque: string | null } {
  const escaped = (text: string): string => text.replace(/["\\]/g, '\\$&');
  return { realm: escaped(realm), opaque: opaque === null ? null : escaped(opaque) };
}
