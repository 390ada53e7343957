import type { Client, ClientBase } from 'pg';
import { StoreError } from '../../errors.ts';

/** Refuses connections that are not this program's own. */
export type SessionCheck = (client: ClientBase) => Promise<void>;

/**
 * Makes the check that what is set for a session stays with it. A pooler that lends a connection of the server for one transaction at a time
 * (PgBouncer with `pool_mode = transaction`) would have the schema and the limits of time of one client meet the statements of another.
 *
 * Who is directly at the server pays one statement for each connection. Behind a pooler, which gives its clients other numbers than the
 * server does, a second connection shows once whether the server's process of an idle one is given to somebody else.
 * @param where what people know the database by.
 * @param makeOther makes another client of it, which is not connected yet.
 * @throws {StoreError} reason `unavailable`, from the check.
 */
export function createSessionCheck(where: string, makeOther: () => Client): SessionCheck {
  let isProven = false;
  return async (client) => {
    if (isProven) return;
    const own = await processOf(client);
    const { processID } = client as ClientBase & { processID?: number };
    if (own !== processID && (await isLent(client, own, makeOther()))) throw refusal(where);
    isProven = true;
  };
}

/** A name of our own, so that nothing else is changed by it: a pooler that keeps a connection for whoever sets something keeps this one. */
const SETTING = 'restore_watcher.session';

async function processOf(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ pid: number }>(
    `select pg_backend_pid() as pid, set_config('${SETTING}', 'kept', false)`,
  );
  return rows[0]?.pid ?? 0;
}

/** Others may have the connection that would be lent just then: so often it is tried before one counts as our own. */
const ROUNDS = 5;

/** Where no second connection can be had, nothing is proved, and nothing refused. */
async function isLent(client: ClientBase, own: number, other: Client): Promise<boolean> {
  other.on('error', () => {});
  try {
    await other.connect();
    for (let round = 0; round < ROUNDS; round += 1) {
      await other.query('begin');
      const others = await processOf(other);
      const again = await processOf(client);
      await other.query('rollback');
      if (others === own || again !== own) return true;
    }
    return false;
  } catch {
    return false;
  } finally {
    await other.end().catch(() => undefined);
  }
}

function refusal(where: string): StoreError {
  return new StoreError(
    'unavailable',
    `${where}: what stands before the server lends a connection for one transaction at a time, and a watcher needs connections of its own`,
    {
      hint: 'In PgBouncer: pool_mode = session for this database or user. Or lead store.url to the server itself.',
    },
  );
}
