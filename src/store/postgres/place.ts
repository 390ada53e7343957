import { readFileSync } from 'node:fs';
import { StoreError, toError } from '../../errors.ts';
import { placeOfStore, type StoreAddress } from '../ports/address.ts';
import { LIMITS, type Limits } from './limits.ts';

/** An address that has been read: what `pg` needs of it, and how people are told of it. */
export interface PostgresPlace {
  host: string;
  port: number;
  database: string;
  user: string | undefined;
  password: string | undefined;
  schema: string | null;
  /** `false`: no TLS. Otherwise whether the server must prove who it is, and to whose authorities. */
  tls: false | { rejectUnauthorized: boolean; ca?: string };
  limits: Limits;
  /** For people: without user and password. */
  where: string;
}

const DEFAULT_PORT = 5432;

/**
 * Reads where the store is.
 * @throws {StoreError} reason `unavailable` when the URL is none, or the `caFile` cannot be read.
 */
export function readPlace(address: StoreAddress, limits: Limits = LIMITS): PostgresPlace {
  const { url, schema = null, caFile = null } = address;
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const database = decodeURIComponent(parsed?.pathname.slice(1) ?? '');
  const host = decodeURIComponent(parsed?.hostname ?? '').replace(/^\[(.*)\]$/, '$1');
  if (parsed === null || host === '' || database === '')
    throw new StoreError('unavailable', 'store.url is no address of a PostgreSQL database', {
      hint: 'It reads as postgres://db.example.com:5432/watcher, with user and password before the host.',
    });
  return {
    host,
    port: parsed.port === '' ? DEFAULT_PORT : Number(parsed.port),
    database,
    user: decodeURIComponent(parsed.username) || undefined,
    password: decodeURIComponent(parsed.password) || undefined,
    schema,
    tls: tlsOf(parsed.searchParams.get('sslmode'), host, caFile),
    limits,
    where: placeOfStore(address),
  };
}

/** Left out, TLS is checked in full, but for this machine itself: what goes over its loopback or a socket leaves it nowhere. */
function tlsOf(mode: string | null, host: string, caFile: string | null): PostgresPlace['tls'] {
  const isLocal = host.startsWith('/') || /^(localhost|127\.[\d.]+|::1)$/i.test(host);
  if (mode === 'disable' || (mode === null && isLocal && caFile === null)) return false;
  const ca = caFile === null ? {} : { ca: readAuthorities(caFile) };
  return { rejectUnauthorized: mode !== 'require' || caFile !== null, ...ca };
}

function readAuthorities(caFile: string): string {
  try {
    return readFileSync(caFile, 'utf8');
  } catch (error) {
    throw new StoreError('unavailable', `${caFile}: this file cannot be read`, {
      hint: 'It is named by store.caFile.',
      cause: toError(error),
    });
  }
}
