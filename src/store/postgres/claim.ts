import type { Client } from 'pg';
import { StoreError } from '../../errors.ts';
import type { PostgresPlace } from './place.ts';
import { clientConfig, prepareSession } from './pool.ts';

/** With the number of a table of the store it makes the advisory lock of its daemon: "RWdb". */
const LOCK_SPACE = 0x52576462;

/** The claim of the one daemon on the store: an advisory lock on a connection of its own, which ends with that. */
export interface Claim {
  /** True from the taking until the connection ends. */
  readonly isHeld: boolean;
  release(): Promise<void>;
}

/**
 * Claims the store for this process.
 * @throws {StoreError} reason `conflict`, naming the holder, when somebody else has it.
 */
export async function takeClaim(place: PostgresPlace): Promise<Claim> {
  const { default: pg } = await import('pg');
  const client = new pg.Client(clientConfig(place, pg.types));
  let isHeld = false;
  const lose = (): void => {
    isHeld = false;
  };
  client.on('error', lose);
  client.on('end', lose);
  try {
    await client.connect();
    await prepareSession(client, place, { mayWrite: true });
    const { rows } = await client.query<{ is_free: boolean }>(
      `select pg_try_advisory_lock(${LOCK}) as is_free`,
    );
    isHeld = rows[0]?.is_free === true;
    if (!isHeld) throw conflict(place.where, await holderOf(client));
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return {
    get isHeld() {
      return isHeld;
    },
    release: async () => {
      isHeld = false;
      await client.end().catch(() => undefined);
    },
  };
}

/** Of this store alone: tables of the same name in another schema have another number. */
const LOCK = `${BigInt(LOCK_SPACE) << 32n} + 'audit_head'::regclass::oid::bigint`;

/** Tells whether a daemon holds the store. */
export async function isClaimed(client: Pick<Client, 'query'>): Promise<boolean> {
  return (await holderOf(client)) !== null;
}

/** The name of the connection that holds it; `null`: none does. */
async function holderOf(client: Pick<Client, 'query'>): Promise<string | null> {
  const { rows } = await client.query<{ name: string }>(
    `select coalesce(activity.application_name, '') as name
      from pg_locks as locks left join pg_stat_activity as activity using (pid)
      where locks.locktype = 'advisory' and locks.granted and locks.objsubid = 1
        and locks.database = (select oid from pg_database where datname = current_database())
        and locks.classid = ${LOCK_SPACE}::oid and locks.objid = 'audit_head'::regclass::oid`,
  );
  return rows[0]?.name ?? null;
}

function conflict(where: string, holder: string | null): StoreError {
  const by = holder === null || holder === '' ? '' : ` (${holder})`;
  return new StoreError('conflict', `${where} is in use by another daemon${by}`, {
    hint: 'One store serves one daemon. Stop the other one, or give this one a store.schema of its own.',
  });
}
