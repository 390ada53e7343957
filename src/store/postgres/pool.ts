import { hostname } from 'node:os';
import type { ClientConfig, Pool, PoolClient } from 'pg';
import { ReadOnlyServer } from './errors.ts';
import { createSessionCheck } from './own-session.ts';
import type { PostgresPlace } from './place.ts';

/** Writers take turns, so one connection writes; the others are for what is read meanwhile. */
const MOST_CONNECTIONS = 5;

/** A connection that nobody uses is given back after so long. */
const IDLE_MS = 60_000;
/** Keeps what stands between (a firewall, a balancer) from forgetting a connection on which nothing is said. */
const KEEP_ALIVE_AFTER_MS = 10_000;

/** OID of `bigint`, which comes as a text by default: all of ours fit into a number. */
const INT8 = 20;

/** What every connection of this program is made with. */
export function clientConfig(place: PostgresPlace, types: typeof import('pg').types): ClientConfig {
  const { host, port, database, user, password, tls, limits } = place;
  return {
    host,
    port,
    database,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ssl: tls,
    application_name: `restore-watcher, process ${process.pid} on ${hostname()}`.slice(0, 63),
    connectionTimeoutMillis: limits.connectMs,
    query_timeout: limits.answerMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
        oid === INT8 && format !== 'binary'
          ? Number
          : types.getTypeParser(oid, format as 'text')) as typeof types.getTypeParser,
    },
  };
}

/**
 * Prepares a new connection: its limits of time, and the schema. By a statement, since a PgBouncer refuses most of this at the start of a
 * connection.
 * @throws {ReadOnlyServer} when the server only reads, as a standby does, and `mayWrite` asks for more.
 */
export async function prepareSession(
  client: Pick<PoolClient, 'query'>,
  { schema, limits }: PostgresPlace,
  { mayWrite }: { mayWrite: boolean },
): Promise<void> {
  const settings: Array<[name: string, value: string | number]> = [
    ['statement_timeout', limits.statementMs],
    ['lock_timeout', limits.lockMs],
    ['idle_in_transaction_session_timeout', limits.idleInTransactionMs],
  ];
  const { rows } = await client.query<{ is_read_only: string; is_standby: boolean }>(
    `select current_setting('transaction_read_only') as is_read_only, pg_is_in_recovery() as is_standby,
      ${settings.map(([name, value]) => `set_config('${name}', '${value}', false)`).join(', ')},
      case when $1::text is null then '' else set_config('search_path', quote_ident($1), false) end`,
    [schema],
  );
  const [answer] = rows;
  if (mayWrite && answer?.is_read_only === 'on') throw new ReadOnlyServer(answer.is_standby);
  if (!mayWrite) await client.query("set default_transaction_read_only = 'on'");
}

/**
 * Makes the pool of one store. No fault of a connection ends the process: who waits for an answer hears of it, and of one that nobody
 * uses nobody needs to.
 */
export async function createPool(place: PostgresPlace, { mayWrite }: { mayWrite: boolean }): Promise<Pool> {
  // Loaded only where it is used: the embedded store needs none of it.
  const { default: pg } = await import('pg');
  const config = clientConfig(place, pg.types);
  const checkSession = createSessionCheck(place.where, () => new pg.Client(config));
  const pool = new pg.Pool({
    ...config,
    max: MOST_CONNECTIONS,
    idleTimeoutMillis: IDLE_MS,
    onConnect: async (client) => {
      await checkSession(client);
      await prepareSession(client, place, { mayWrite });
    },
  });
  pool.on('error', () => {});
  // One that is in use emits its faults itself; without a listener each would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}
