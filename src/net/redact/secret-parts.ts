import { decoded } from '../address/decoded.ts';

/** Shorter parts of an address are words (`api`, `hooks`), not secrets. */
const SHORTEST_PART = 8;
/** A part as long as this is a token, whatever it looks like. */
const LONGEST_WORD = 15;

/** `services`, `2016-06-01`, `v1.0`: what stands in addresses for all to see, and in messages too. */
const PUBLIC_PART = /^(?:[A-Za-z][a-z]*|\d{4}-\d\d-\d\d(?:-preview)?|v?\d[\d.]*)$/;

/** What is secret in a URL whose path is its secret: all of it, its path with the query, and the parts that are tokens by their look. */
export function secretsOfAddress(url: string): string[] {
  if (!URL.canParse(url)) return [url];
  const { href, pathname, search, password, username } = new URL(url);
  const rest = `${pathname}${search}`;
  const login = [username, password].filter((part) => part.length >= SHORTEST_PART);
  return [url, href, ...(rest.length >= SHORTEST_PART ? [rest] : []), ...login, ...tokensOfAddress(url)];
}

/** What is secret in a URL that is the same for everybody: what looks like a token in it. */
export function tokensOfAddress(url: string): string[] {
  if (!URL.canParse(url)) return [];
  const { pathname, searchParams } = new URL(url);
  return [...pathname.split('/'), ...searchParams.values()].filter(isToken);
}

function isToken(part: string): boolean {
  return part.length > LONGEST_WORD || (part.length >= SHORTEST_PART && !PUBLIC_PART.test(part));
}

/** The password in a URL, as it stands and decoded, which is how the server is told it. */
export function passwordsOf(url: string): string[] {
  if (!URL.canParse(url)) return [];
  const { password } = new URL(url);
  return password === '' ? [] : [password, decoded(password)];
}

/** A Standard Webhooks secret, and its base64 alone. */
export function secretsOfSigningKey(secret: string): string[] {
  return [secret, secret.replace(/^whsec_/, '')];
}

/** `Bearer x` is as secret as `x`. */
export function secretsOfHeader(value: string): string[] {
  const credential = /^\S+\s+(\S+)$/.exec(value)?.[1];
  return credential === undefined ? [value] : [value, credential];
}
