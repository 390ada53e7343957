/** One way to log in that a `WWW-Authenticate` header offers. */
export interface Challenge {
  /** In lower case. */
  scheme: string;
  /** Unquoted, by their names in lower case. */
  params: ReadonlyMap<string, string>;
}

/** Either `key=value` or `key="value"` of the challenge before it, or the scheme that opens the next one. */
const PART =
  /[\s,]*(?:([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))|([\w!#$%&'*+.^`|~-]+)(?=[\s,]|$))/gy;

/** Reads a `WWW-Authenticate` header. Several challenges in one header are told apart; `[]` where there is none. */
export function readChallenges(header: string | null): Challenge[] {
  const challenges: Array<{ scheme: string; params: Map<string, string> }> = [];
  for (const [, key, quoted, bare, scheme] of (header ?? '').matchAll(PART)) {
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), params: new Map() });
    else if (key !== undefined) {
      const value = quoted === undefined ? (bare ?? '') : quoted.replace(/\\(.)/g, '$1');
      challenges.at(-1)?.params.set(key.toLowerCase(), value);
    }
  }
  return challenges;
}
