import { Client } from 'pg';
import type { Timestamp } from '../../../src/domain/instant.ts';

/** A lease changed: who has the unit from then on; `null`: nobody. */
export interface LeaseChange {
  at: Timestamp;
  unit: string;
  owner: string | null;
  token: number;
}

/** A sign of life of a replica: it lives until then. */
export interface SignOfLife {
  at: Timestamp;
  replica: string;
  until: Timestamp;
}

/** What a delivery was changed to. */
export interface DeliveryChange {
  at: Timestamp;
  id: string;
  started: number;
  finished: number;
}

/** A replica wrote what another one, or nobody, had the right to write. */
export interface Intrusion {
  at: Timestamp;
  writer: string;
  what: string;
  units: string;
}

/** What the database itself has seen, all of it in order and by its own clock. */
export interface Testimony {
  leases: LeaseChange[];
  life: SignOfLife[];
  deliveries: DeliveryChange[];
  intrusions: Intrusion[];
}

/**
 * Has the database write down, in the transaction of the change itself, who held each unit when, and which replica wrote about a job or
 * a delivery whose unit was not its own. It trusts nothing of the program but the name under which a process connects.
 * `unitsOfWatches` are the units of which one must be held by whoever writes about a watch.
 */
export async function installWitness(
  url: string,
  unitsOfWatches: ReadonlyArray<readonly [watch: string, unit: string]>,
): Promise<void> {
  await withClient(url, async (client) => {
    await client.query(SETUP);
    for (const [watch, unit] of unitsOfWatches)
      await client.query('insert into storm.unit_of_watch values ($1, $2)', [watch, unit]);
  });
}

/** Reads everything that was written down so far. */
export function readTestimony(url: string): Promise<Testimony> {
  return withClient(url, async (client) => {
    const read = async <Row extends object>(columns: string, table: string): Promise<Row[]> =>
      (await client.query<Row>(`select at::float8 as at, ${columns} from storm.${table} order by n`)).rows;
    return {
      leases: await read<LeaseChange>('unit, owner, token::float8 as token', 'lease_change'),
      life: await read<SignOfLife>('replica, until::float8 as until', 'life'),
      deliveries: await read<DeliveryChange>(
        'id, started::float8 as started, finished::float8 as finished',
        'delivery_change',
      ),
      intrusions: await read<Intrusion>('writer, what, units', 'intrusion'),
    };
  });
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, application_name: 'witness' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A lease cannot change hands while a transaction that was fenced by it is open, so a look in that transaction is no race. */
const SETUP = `
  create schema storm;
  create table storm.unit_of_watch (watch text, unit text);
  create table storm.lease_change (n bigserial, at bigint, unit text, owner text, token bigint);
  create table storm.life (n bigserial, at bigint, replica text, until bigint);
  create table storm.delivery_change (n bigserial, at bigint, id text, started bigint, finished bigint);
  create table storm.intrusion (n bigserial, at bigint, writer text, what text, units text);

  create function storm.now() returns bigint language sql volatile
    as $$ select (extract(epoch from clock_timestamp()) * 1000)::bigint $$;

  create function storm.look(what text, units text[]) returns void language plpgsql as $$
    declare process text := substring(current_setting('application_name') from '^restore-watcher, process (\\d+) on');
    begin
      if cardinality(units) = 0
        or not exists (select from public.replica where id like '%:' || process || '#%')
        or exists (select from public.lease where unit = any (units) and owner like '%:' || process || '#%')
      then return; end if;
      insert into storm.intrusion (at, writer, what, units)
        values (storm.now(), process, what, array_to_string(units, ' '));
    end $$;

  create function storm.units_of(watch_name text) returns text[] language sql volatile
    as $$ select coalesce(array_agg(unit), '{}') from storm.unit_of_watch where watch = watch_name $$;

  create function storm.on_lease() returns trigger language plpgsql as $$ begin
    insert into storm.lease_change (at, unit, owner, token) values (storm.now(), new.unit, new.owner, new.token);
    return null;
  end $$;
  create function storm.on_replica() returns trigger language plpgsql as $$ begin
    insert into storm.life (at, replica, until) values (storm.now(), new.id, new.until);
    return null;
  end $$;
  create function storm.on_delivery() returns trigger language plpgsql as $$ begin
    insert into storm.delivery_change (at, id, started, finished)
      values (storm.now(), new.id, new.attempts_started, new.attempts_finished);
    perform storm.look('delivery ' || new.id, array['channel:' || new.channel]);
    return null;
  end $$;
  create function storm.on_observation() returns trigger language plpgsql as $$ begin
    perform storm.look('observation ' || new.job_id, storm.units_of(new.watch));
    return null;
  end $$;
  create function storm.on_event() returns trigger language plpgsql as $$ begin
    perform storm.look('event ' || new.id, storm.units_of(new.watch));
    return null;
  end $$;

  create trigger storm after insert or update on public.lease for each row execute function storm.on_lease();
  create trigger storm after insert or update on public.replica for each row execute function storm.on_replica();
  create trigger storm after update on public.delivery for each row execute function storm.on_delivery();
  create trigger storm after insert or update on public.observation for each row execute function storm.on_observation();
  create trigger storm after insert on public.event for each row when (new.job_id is not null) execute function storm.on_event();
`;
