import { resolve } from 'node:path';

/** Where a store is: what `store` in the configuration says. */
export interface StoreAddress {
  /** `sqlite:PATH`, or `postgres://user:password@host:port/database`. */
  url: string;
  /** PostgreSQL only: the schema of the tables; left out, the first of the user's `search_path`. */
  schema?: string | undefined;
  /** PostgreSQL only: a PEM file with the authorities to trust in place of the usual ones. */
  caFile?: string | undefined;
}

/** The path in a `sqlite:PATH` URL; `null` for any other URL. */
export function sqlitePath(url: string): string | null {
  return url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : null;
}

/** True for the URL of a PostgreSQL. */
export function isPostgresUrl(url: string): boolean {
  return /^postgres(ql)?:/.test(url);
}

/** Tells people where a store is, as the configuration has it, but for user and password. */
export function shownPlace(address: StoreAddress): string {
  return isPostgresUrl(address.url) ? placeOfStore(address) : address.url;
}

/** Tells people where a store is: a whole path, or an address without user and password. Two that are the same store read the same. */
export function placeOfStore({ url, schema }: StoreAddress): string {
  if (!isPostgresUrl(url)) return resolve(sqlitePath(url) ?? url);
  if (!URL.canParse(url)) return 'a PostgreSQL';
  const { hostname, port, pathname } = new URL(url);
  const at = decodeURIComponent(hostname);
  return `postgres://${at}${port === '' ? '' : `:${port}`}${pathname}${schema === undefined ? '' : ` (schema ${schema})`}`;
}
