/**
 * What stays of jobs that are pruned, what was pruned since the last audit entry about it, and what pruning looks for by an index. The SQL
 * of a migration: it never changes.
 */
export const PRUNED = `
      create table pruned_job (
        job_id text not null,
        watch text not null,
        target_key text not null,
        state text not null,
        created_at integer not null,
        first_seen_at integer not null,
        first_sight text not null,
        milestones text not null,
        delivery_type text,
        took_ms integer,
        primary key (job_id, watch)
      ) strict, without rowid;
      create index pruned_job_took on pruned_job (target_key, created_at, delivery_type, took_ms)
        where took_ms is not null;
      create table pruned (
        id integer primary key check (id = 1),
        jobs integer not null,
        events integer not null,
        deliveries integer not null,
        mutes integer not null,
        over_before integer not null,
        noted_at integer not null
      ) strict;
      insert into pruned values (1, 0, 0, 0, 0, 0, 0);
      create index event_muted on event (mute_id) where mute_id is not null;
      create index last_finish_of_watch on last_finish (watch, finished_at);
    `;
