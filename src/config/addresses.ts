import { isLoopbackName } from '../net/loopback.ts';

/** What Atlas's own pages show as the start of its addresses, and all that people paste behind it; the watcher adds it. */
const API_PATH = /\/api\/(atlas|public|oauth|private)(?:\/.*)?$/;

/** Atlas's own hosts. Cloud Manager lives on the same. */
const ATLAS_HOST = /(?:^|\.)mongodb(?:gov)?\.com$/;

/**
 * `baseUrl` as the watcher uses it: without a slash at the end, and without the path of an API or of a page. On Atlas's own hosts
 * nothing stands before the API; elsewhere a gateway may have put it below a path of its own.
 */
export function normaliseBaseUrl(baseUrl: string): string {
  if (isAtlasHost(baseUrl)) return new URL(baseUrl).origin;
  return baseUrl.replace(/\/+$/, '').replace(API_PATH, '').replace(/\/+$/, '');
}

/** True when `normaliseBaseUrl` drops more of an address than slashes at its end. */
export function hasPathToDrop(baseUrl: string): boolean {
  const { pathname } = new URL(baseUrl);
  return isAtlasHost(baseUrl) ? pathname !== '/' : API_PATH.test(baseUrl.replace(/\/+$/, ''));
}

/** The API whose path stands in an address, where `normaliseBaseUrl` drops it; `null` for none. Only Atlas has logins under `oauth`. */
export function apiNamedBy(baseUrl: string): 'atlas' | 'public' | null {
  const [, api] = API_PATH.exec(baseUrl.replace(/\/+$/, '')) ?? [];
  if (api === 'oauth') return 'atlas';
  return api === 'atlas' || api === 'public' ? api : null;
}

/**
 * True when jobs of the kind `legacy` at this address are those of Ops Manager or Cloud Manager, and not of Atlas. The path of an API
 * in it decides (`/api/public/v1.0`, which Cloud Manager needs, as it shares its host with Atlas); without one, a host that is not
 * Atlas's is an Ops Manager. A loopback address stands in for Atlas.
 */
export function isOpsManager(baseUrl: string): boolean {
  const api = apiNamedBy(baseUrl);
  return api === null ? isForeignHost(baseUrl) : api === 'public';
}

/** True for a host that is neither Atlas's nor a stand-in for it. */
export function isForeignHost(baseUrl: string): boolean {
  return !isAtlasHost(baseUrl) && !isLoopbackName(new URL(baseUrl).hostname);
}

function isAtlasHost(baseUrl: string): boolean {
  return ATLAS_HOST.test(new URL(baseUrl).hostname);
}

/** Why an http or https address cannot be used; `null` when it can. The address itself is not in the text. */
export function httpUrlFault(text: string, allowHttp: boolean): string | null {
  if (!URL.canParse(text)) return 'it is not an address';
  const { protocol, hostname, username, password } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:')
    return 'it begins neither with https:// nor with http://';
  if (username !== '' || password !== '') return 'user and password do not belong in it';
  if (protocol === 'http:' && !allowHttp && !isLoopbackName(hostname)) {
    return 'plain http is for loopback addresses only ("allowHttp": true lifts that)';
  }
  return null;
}

/** Why a mail server's address cannot be used; `null` when it can. */
export function smtpUrlFault(text: string): string | null {
  if (!URL.canParse(text)) return 'it is not an address';
  const { protocol, hostname, username, password } = new URL(text);
  if (protocol !== 'smtp:' && protocol !== 'smtps:')
    return 'it begins neither with smtp:// nor with smtps://';
  if (hostname === '') return 'the host is missing';
  return [username, password].every(isDecodable) ? null : 'a "%" in user or password is written "%25"';
}

const SSL_MODES = ['disable', 'require', 'verify-full'];

/** Why the address of a PostgreSQL cannot be used; `null` when it can. The address itself is not in the text. */
export function postgresUrlFault(text: string): string | null {
  if (!URL.canParse(text)) return 'it is not an address (what is special in a password is written with "%")';
  const { hostname, username, password, pathname, searchParams, hash } = new URL(text);
  if (hostname === '') return 'the host is missing';
  if (!/^\/[^/]+$/.test(pathname)) return 'the name of the database is missing';
  if (![username, password, pathname, hostname].every(isDecodable))
    return 'a "%" in user or password is written "%25"';
  if (hash !== '') return 'a "#" in user or password is written "%23"';
  const others = [...searchParams.keys()].filter((key) => key !== 'sslmode');
  if (others.length > 0) return `the only parameter it may have is sslmode, not ${others.join(', ')}`;
  const mode = searchParams.get('sslmode');
  return mode === null || SSL_MODES.includes(mode) ? null : `sslmode is one of ${SSL_MODES.join(', ')}`;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** `user@host`, or `Name <user@host>`. Line breaks would reach into the mail's header. */
export function isMailAddress(text: string): boolean {
  if (/[\r\n]/.test(text)) return false;
  const address = /^[^<>]*<([^<>]+)>\s*$/.exec(text)?.[1] ?? text.trim();
  return /^[^\s@<>(),;:"]+@[^\s@<>(),;:"]+$/.test(address);
}

/** True for an IANA zone that this machine knows. */
export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
