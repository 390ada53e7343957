import { WAKE_CHANNEL } from '../wake.ts';

/**
 * Tells whoever listens of what wants to be acted on at once, when it is committed: deliveries that are new, made due at once (a redrive),
 * or given up. In the database itself, so that it is told whoever writes. Equal calls of one transaction come once.
 */
export const WAKE_CALLS = `
  create function call_owed() returns trigger language plpgsql as $$
  begin
    perform pg_notify('${WAKE_CHANNEL}', json_build_array(tg_table_schema, 'owed', channel)::text)
      from (select distinct channel from come where status = 'pending') as owed;
    return null;
  end $$;
  create trigger delivery_calls after insert on delivery
    referencing new table as come for each statement execute function call_owed();
  create function call_changed() returns trigger language plpgsql as $$
  begin
    perform pg_notify('${WAKE_CHANNEL}', json_build_array(tg_table_schema, tg_argv[0], new.channel)::text);
    return null;
  end $$;
  create trigger delivery_hurries after update of urgent on delivery
    for each row when (new.urgent = 1 and new.status = 'pending') execute function call_changed('owed');
  create trigger delivery_ends after update of status on delivery
    for each row when (new.status = 'given_up' and old.status <> 'given_up') execute function call_changed('given_up');
`;

/**
 * Tells all replicas of units that have been given up or handed over, when it is committed: each looks at once whether one is its own. What
 * is only taken concerns nobody else.
 */
export const LEASE_CALLS = `
  create function call_free_leases() returns trigger language plpgsql as $$
  begin
    if exists (
      select from come join was using (unit)
        where was.owner is not null and come.owner is distinct from was.owner
    ) then
      perform pg_notify('${WAKE_CHANNEL}', json_build_array(tg_table_schema, 'leases', '')::text);
    end if;
    return null;
  end $$;
  create trigger lease_calls after update on lease
    referencing old table as was new table as come for each statement execute function call_free_leases();
`;
