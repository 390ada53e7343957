/** Marks a file as ours (`pragma application_id`): "RWdb". */
export const APPLICATION_ID = 0x52576462;

/** The tables and indexes of a new database, as they were at first. The SQL of a migration: it never changes. */
export const FIRST_LAYOUT = `
      create table target (
        key text primary key,
        watch text not null,
        baseline_at integer not null
      ) strict;

      create table observation (
        watch text not null,
        job_id text not null,
        target_key text not null,
        state text not null,
        created_at integer not null,
        followed_until integer not null,
        body text not null,
        primary key (watch, job_id)
      ) strict;
      create index observation_followed on observation (target_key, followed_until);
      create index observation_newest on observation (created_at, watch, job_id);
      create index observation_state on observation (watch, state);

      create table alert (
        key text primary key,
        raised_at integer not null
      ) strict;

      create table mute (
        id integer primary key autoincrement,
        watch text not null,
        events text,
        created_at integer not null,
        until integer not null,
        author text not null,
        reason text not null,
        removed_at integer,
        removed_by text
      ) strict;
      create index mute_until on mute (until);

      create table event (
        position integer primary key autoincrement,
        id text not null unique,
        watch text not null,
        job_id text,
        detected_at integer not null,
        suppressed text,
        mute_id integer references mute (id),
        body text not null
      ) strict;
      create index event_newest on event (detected_at);
      create index event_job on event (job_id, detected_at);
      create index event_watch on event (watch, detected_at);

      create table delivery (
        position integer primary key autoincrement,
        id text not null unique,
        event_id text not null references event (id),
        channel text not null,
        order_key text not null,
        status text not null check (status in ('pending', 'delivered', 'given_up')),
        created_at integer not null,
        next_attempt_at integer not null,
        attempts_started integer not null,
        attempts_finished integer not null,
        first_attempt_at integer,
        last_attempt_at integer,
        claimed_at integer,
        ended_at integer,
        last_detail text,
        lease_owner text,
        lease_until integer not null
      ) strict;
      create index delivery_event on delivery (event_id);
      create index delivery_status on delivery (status, channel);
      create index delivery_channel on delivery (channel);
      create index delivery_owed on delivery (channel) where status = 'pending';
      create index delivery_order on delivery (channel, order_key) where status = 'pending';
      create index delivery_leased on delivery (lease_owner) where lease_owner is not null;

      create table audit_entry (
        seq integer primary key,
        body text not null
      ) strict;
      create table audit_head (
        id integer primary key check (id = 1),
        seq integer not null,
        hash text not null,
        mirrored_seq integer not null
      ) strict;
      insert into audit_head values (1, 0, '${'0'.repeat(64)}', 0);

      pragma application_id = ${APPLICATION_ID};
    `;
