/**
 * Brings about that an old store answers as fast as a new one: an index for each listing, counts that triggers keep in the transaction of
 * each change, and beside each job what is asked of many at once. The SQL of a migration: it never changes.
 */
export const KEPT_FIGURES = `
      alter table observation add column finished_at integer;
      alter table observation add column delivery_type text;
      alter table observation add column took_ms integer;
      alter table observation add column running_since integer;

      -- Only what the questions reach: the last restores of a watch that finished, and the latest of a target.
      update observation
        set finished_at = coalesce(json_extract(body, '$.job.finishedAt'), json_extract(body, '$.changedAt'))
        where rowid in (
          select id from (
            select rowid as id, row_number() over (partition by watch order by created_at desc) as place
              from observation
              where state = 'finished' or (
                state = 'expired' and exists (
                  select 1 from json_each(observation.body, '$.milestones') where json_each.value = 'finished'
                )
              )
          ) where place <= 50
        );
      update observation
        set delivery_type = json_extract(body, '$.job.deliveryType'),
          took_ms = (
            select json_extract(done.value, '$.at') from json_each(observation.body, '$.job.reached') as done
              where json_extract(done.value, '$.milestone') in ('finished', 'ready') order by done.key limit 1
          ) - json_extract(body, '$.job.createdAt')
        where rowid in (
          select id from (
            select rowid as id, row_number() over (partition by target_key order by created_at desc) as place
              from observation where state in ('finished', 'ready', 'expired')
          ) where place <= 2000
        );

      update observation set running_since = created_at where state = 'in_progress' and followed_until > 0;

      create table job_count (
        watch text not null,
        state text not null,
        count integer not null,
        primary key (watch, state)
      ) strict, without rowid;
      insert into job_count select watch, state, count(*) from observation group by watch, state;
      create trigger job_added after insert on observation begin
        insert into job_count values (new.watch, new.state, 1)
          on conflict (watch, state) do update set count = count + 1;
      end;
      create trigger job_moved after update of state on observation when old.state <> new.state begin
        update job_count set count = count - 1 where watch = old.watch and state = old.state;
        insert into job_count values (new.watch, new.state, 1)
          on conflict (watch, state) do update set count = count + 1;
      end;
      create trigger job_removed after delete on observation begin
        update job_count set count = count - 1 where watch = old.watch and state = old.state;
      end;

      create table delivery_count (
        channel text not null,
        status text not null,
        count integer not null,
        last_ended_at integer,
        primary key (channel, status)
      ) strict, without rowid;
      insert into delivery_count select channel, status, count(*), max(ended_at) from delivery group by channel, status;
      create trigger delivery_added after insert on delivery begin
        insert into delivery_count values (new.channel, new.status, 1, new.ended_at)
          on conflict (channel, status) do update set count = count + 1,
            last_ended_at = max(coalesce(last_ended_at, excluded.last_ended_at), coalesce(excluded.last_ended_at, last_ended_at));
      end;
      create trigger delivery_moved after update of status on delivery when old.status <> new.status begin
        update delivery_count set count = count - 1 where channel = old.channel and status = old.status;
        insert into delivery_count values (new.channel, new.status, 1, new.ended_at)
          on conflict (channel, status) do update set count = count + 1,
            last_ended_at = max(coalesce(last_ended_at, excluded.last_ended_at), coalesce(excluded.last_ended_at, last_ended_at));
      end;
      create trigger delivery_removed after delete on delivery begin
        update delivery_count set count = count - 1 where channel = old.channel and status = old.status;
      end;

      drop index observation_followed;
      drop index observation_state;
      create index observation_state on observation (watch, state, created_at, job_id);
      create index observation_of_watch on observation (watch, created_at, job_id);
      create index observation_in_state on observation (state, created_at, watch, job_id);
      create index observation_job on observation (job_id);
      create index observation_followed on observation (target_key, followed_until) where followed_until > 0;
      create index observation_open on observation (watch, target_key, followed_until) where followed_until > 0;
      create index observation_running on observation (watch, running_since, job_id) where running_since is not null;
      create index observation_took on observation (target_key, created_at, delivery_type, took_ms)
        where took_ms is not null;
      create index observation_finished on observation (watch, finished_at) where finished_at is not null;
      drop index delivery_status;
      create index delivery_delivered on delivery (channel) where status = 'delivered';
      create index delivery_over on delivery (channel) where status = 'given_up';
      create index delivery_held on delivery (channel, held_until) where status = 'pending' and held_until is not null;
      create index target_watch on target (watch, baseline_at);
    `;
