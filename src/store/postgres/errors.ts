import { StoreError, toError } from '../../errors.ts';

/** The server answers, and may only be read: a standby, or a primary that somebody has made read-only. */
export class ReadOnlyServer extends Error {
  readonly isStandby: boolean;

  constructor(isStandby: boolean) {
    super(isStandby ? 'it is a standby, which only reads' : 'it only reads (default_transaction_read_only)');
    this.isStandby = isStandby;
  }
}

/** SQLSTATE of a change that a server refuses which only reads. */
const READ_ONLY = '25006';

/**
 * What a code of PostgreSQL means for whoever runs this program: in words that stand after "cannot …:", and what to do. By whole code, or by
 * its class, the first two characters (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const MEANINGS: Readonly<Record<string, { why: string; hint: string }>> = {
  '08': {
    why: 'the connection was lost',
    hint: 'Is the server up, and what stands before it? The watcher goes on by itself.',
  },
  '25006': {
    why: 'the server only reads',
    hint: 'It is a standby, or was made read-only. store.url must lead to the primary, also after a failover.',
  },
  '25P03': { why: 'the server ended a transaction that stood still', hint: 'The watcher goes on by itself.' },
  '28': {
    why: 'the server does not let this user in',
    hint: 'Check user and password in store.url, and pg_hba.conf of the server.',
  },
  '3D000': {
    why: 'there is no such database',
    hint: 'Check the database in store.url, or make it: createdb.',
  },
  '3F000': {
    why: 'there is no schema to keep the tables in',
    hint: 'Make the schema that store.schema names, or let the user make it: grant create on database … to ….',
  },
  '40001': { why: 'it collided with another transaction', hint: 'The watcher tries again by itself.' },
  '40P01': { why: 'it collided with another transaction', hint: 'The watcher tries again by itself.' },
  '42501': {
    why: 'this user lacks a right',
    hint: 'The user must own the tables, or be allowed to select, insert, update and delete; and to create in the schema for an update.',
  },
  '42P01': {
    why: 'a table of the watcher is missing',
    hint: 'Did somebody drop it, or does store.schema or search_path lead elsewhere? Else restore the database from a backup.',
  },
  '42P07': {
    why: 'a table of that name is there, and is not the watcher’s',
    hint: 'Give the watcher a schema of its own (store.schema), or a database of its own.',
  },
  '53100': {
    why: 'the disk of the server is full',
    hint: 'Make room on it; nothing was half written, and the watcher goes on by itself.',
  },
  '53200': { why: 'the server is out of memory', hint: 'The watcher goes on by itself.' },
  '53300': {
    why: 'the server has no connection left',
    hint: 'Raise max_connections or the limit of the user; a watcher takes up to 7.',
  },
  '55P03': {
    why: 'another transaction holds a lock for too long',
    hint: 'Who holds it? See pg_stat_activity.',
  },
  '57014': {
    why: 'it took too long',
    hint: 'Is the server overloaded, or does something hold a lock? See pg_stat_activity.',
  },
  '57P01': { why: 'the server is being stopped', hint: 'The watcher goes on by itself once it is back.' },
  '57P02': {
    why: 'the server had a fault and begins anew',
    hint: 'The watcher goes on by itself once it is back.',
  },
  '57P03': { why: 'the server is starting', hint: 'The watcher goes on by itself once it is up.' },
  '58': { why: 'the server has a fault of its disk', hint: 'See the log of the server.' },
  XX001: { why: 'a page of the database is damaged', hint: 'Restore the database from a backup.' },
  XX002: {
    why: 'an index of the database is damaged',
    hint: 'reindex it, or restore the database from a backup.',
  },
};

/** What the network says, by the code of Node. */
const NETWORK: Readonly<Record<string, { why: string; hint: string }>> = {
  ECONNREFUSED: { why: 'nobody listens there', hint: 'Is the server up? Check host and port in store.url.' },
  ENOENT: { why: 'there is no such socket', hint: 'Is the server up? Check the host in store.url.' },
  ENOTFOUND: { why: 'this host is not known', hint: 'Check the host in store.url.' },
  EAI_AGAIN: { why: 'the host cannot be looked up', hint: 'Does DNS answer? The watcher goes on by itself.' },
  ECONNRESET: { why: 'the connection was cut', hint: 'Is the server up? The watcher goes on by itself.' },
  EPIPE: { why: 'the connection was cut', hint: 'Is the server up? The watcher goes on by itself.' },
  ETIMEDOUT: {
    why: 'the server does not answer',
    hint: 'Is it up, and does a firewall let this machine through?',
  },
  EHOSTUNREACH: {
    why: 'the server cannot be reached',
    hint: 'Is the network up? The watcher goes on by itself.',
  },
  ENETUNREACH: {
    why: 'the server cannot be reached',
    hint: 'Is the network up? The watcher goes on by itself.',
  },
};

/** What `pg` and Node say without a code that tells it apart. */
const IN_WORDS: ReadonlyArray<Meaning & { words: RegExp }> = [
  {
    words: /does not support SSL/i,
    why: 'the server speaks no TLS',
    hint: 'Turn TLS on there; or, on a network that nobody else can listen to, add ?sslmode=disable to store.url.',
  },
  {
    words: /certificate|self.signed|altnames|unable to verify/i,
    why: 'the certificate of the server is not trusted',
    hint: 'Name the authority that signed it with store.caFile, and the host in store.url as the certificate has it.',
  },
  {
    words: /timeout exceeded when trying to connect|connection timeout|Query read timeout|timeout expired/i,
    why: 'the server does not answer',
    hint: 'Is it up, and does a firewall let this machine through? The watcher goes on by itself.',
    isPassing: true,
  },
  {
    words: /Connection terminated|not queryable|discarded/i,
    why: 'the connection was lost',
    hint: 'Is the server up? The watcher goes on by itself.',
    isPassing: true,
  },
  {
    words: /password must be a string|SASL|no password/i,
    why: 'the server asks for a password',
    hint: 'Give user and password in store.url, before the host.',
  },
];

/**
 * A fault of PostgreSQL, of `pg` or of the network as a StoreError that says what we were doing in which database; anything else comes
 * back as it is. What the server says may hold values of rows, in its `detail`: that is left out.
 */
export function toStoreError(thrown: unknown, doing: string, where: string): unknown {
  if (thrown instanceof StoreError) return thrown;
  const meaning = meaningOf(thrown);
  if (meaning === null) return thrown;
  const { why, hint, reason = 'unavailable', isPassing = false } = meaning;
  return new StoreError(reason, `${where}: cannot ${doing}: ${why}`, { hint, cause: thrown, isPassing });
}

interface Meaning {
  why: string;
  hint: string;
  reason?: 'unavailable' | 'damaged';
  /** See `StoreError`. Otherwise the server is there, and refuses what it is asked for. */
  isPassing?: boolean;
}

/** The server is away, stops, starts, lacks something or has its hands full, or another one is about to take its place. */
const PASSING = /^(08|53|57|40|55P03|25006|25P03)/;

function meaningOf(thrown: unknown): Meaning | null {
  if (thrown instanceof ReadOnlyServer) return { ...known('25006'), why: thrown.message, isPassing: true };
  const error = toError(thrown);
  const code = codeOf(thrown);
  const state = sqlState(thrown);
  if (state !== null) {
    const meaning = MEANINGS[state] ?? MEANINGS[state.slice(0, 2)];
    const said = `it says: ${error.message}`;
    if (meaning === undefined) return { why: said, hint: 'See the log of the server.' };
    return {
      ...meaning,
      why: `${meaning.why} (${said})`,
      isPassing: PASSING.test(state),
      reason: /^XX00[12]$/.test(state) ? 'damaged' : 'unavailable',
    };
  }
  const worded = IN_WORDS.find(({ words }) => words.test(error.message) || words.test(code ?? ''));
  if (worded !== undefined) return worded;
  const network = code === null ? undefined : NETWORK[code];
  return network === undefined ? null : { ...network, isPassing: true };
}

function known(state: keyof typeof MEANINGS): Meaning {
  return MEANINGS[state] ?? { why: '', hint: '' };
}

/** The SQLSTATE of what PostgreSQL says; `null` for what it has not said. */
export function sqlState(thrown: unknown): string | null {
  const code = codeOf(thrown);
  return code !== null && 'severity' in (thrown as object) && /^[\dA-Z]{5}$/.test(code) ? code : null;
}

/** The code of an error, or of the first of several that were tried in turn, as for a host with several addresses. */
function codeOf(thrown: unknown): string | null {
  if (!(thrown instanceof Error)) return null;
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code;
  return thrown instanceof AggregateError ? codeOf(thrown.errors[0]) : null;
}

/**
 * True when the connection on which this was thrown cannot be used any more, or no longer leads where it should: to a server that was the
 * primary and is a standby now.
 */
export function endsConnection(thrown: unknown): boolean {
  const state = sqlState(thrown);
  return state === null || state === READ_ONLY || /^(08|57P0)/.test(state) || state === '25P03';
}

/** True when a commit on which this was thrown may have happened all the same: the server has not said that it did not. */
export function mayHaveCommitted(thrown: unknown): boolean {
  const state = sqlState(thrown);
  return state === null || /^(08|57P0|40003)/.test(state);
}
