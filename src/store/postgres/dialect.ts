import { PostgresDialect, type PostgresPoolClient } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { endsConnection } from './errors.ts';

/** Kysely's own dialect, over connections that are given back for good once they are of no use. */
export function createDialect(pool: Pool): PostgresDialect {
  const connections = new WeakMap<PoolClient, PostgresPoolClient>();
  const connect = async (): Promise<PostgresPoolClient> => {
    const client = await pool.connect();
    // Kysely knows a connection again by its object.
    const known = connections.get(client);
    if (known) return known;
    const connection = connectionOver(client);
    connections.set(client, connection);
    return connection;
  };
  return new PostgresDialect({ pool: { connect, end: () => pool.end(), options: pool.options } });
}

/** A connection that has failed takes nothing more: what waits for an answer that will not come would hold up who comes next. */
function connectionOver(client: PoolClient): PostgresPoolClient {
  let lostBy: unknown = null;
  const query = async (sql: string, parameters: readonly unknown[]) => {
    // What comes after it, such as a rollback, has failed for the same reason.
    if (lostBy !== null) throw lostBy;
    try {
      return await client.query(sql, parameters.map(storable));
    } catch (thrown) {
      if (endsConnection(thrown)) lostBy = thrown;
      throw thrown;
    }
  };
  // There are no cursors here, the other form of `query`.
  return {
    query: query as unknown as PostgresPoolClient['query'],
    release: () => client.release(lostBy !== null),
  };
}

/** PostgreSQL keeps every character in a text but U+0000. */
function storable(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
}
