import { COVERAGE } from './coverage.ts';
import { DRILLS } from './drills.ts';
import { FIRST_LAYOUT } from './first-layout.ts';
import { KEPT_FIGURES } from './kept-figures.ts';
import { LAST_FINISHES } from './last-finishes.ts';
import { PRUNED } from './pruned.ts';

/** One step of the layout. Once released it is never changed; what comes later is a new step with the next number. */
export interface Migration {
  /** From 1, without gaps; the database's `user_version` is that of the last one applied. */
  number: number;
  name: string;
  sql: string;
}

/** Every step of the layout so far, in order. */
export const MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    name: 'observations, events, deliveries, mutes and the audit log',
    sql: FIRST_LAYOUT,
  },
  {
    number: 2,
    name: 'fallbacks: whose place a delivery takes, and what was given up lately',
    sql: `
      alter table delivery add column instead_of text;
      create index delivery_given_up on delivery (channel, created_at) where status = 'given_up';
    `,
  },
  {
    number: 3,
    name: 'when instances were last looked for',
    sql: `
      create table discovery (
        key text primary key,
        looked_at integer not null
      ) strict;
    `,
  },
  {
    number: 4,
    name: 'digests: until when a delivery waits, and what counts from then',
    sql: `
      alter table delivery add column held_until integer;
      drop index delivery_given_up;
      create index delivery_given_up on delivery (channel, coalesce(held_until, created_at)) where status = 'given_up';
    `,
  },
  {
    number: 5,
    name: 'reminders of what lasts, and which events are only told again',
    sql: `
      create table reminder (
        event_id text not null references event (id),
        channel text not null,
        next_at integer not null,
        wait_ms integer not null,
        count integer not null,
        primary key (event_id, channel)
      ) strict;
      alter table event add column has_happened integer not null default 1;
    `,
  },
  {
    number: 6,
    name: 'events with a subject: their bodies are of another form, which an older program must not try to read',
    sql: '-- Nothing else changes: bodies of the first form are read as they are.',
  },
  {
    number: 7,
    name: 'recipients who are owed a message apart from the others, and since when a receiver refuses',
    sql: `
      alter table delivery add column recipient text;
      alter table delivery add column part_of integer;
      alter table delivery add column refused_since integer;
      create index delivery_parts on delivery (part_of) where part_of is not null;
    `,
  },
  {
    number: 8,
    name: 'silences that receivers ask for, how long a delivery has been tried, and what waits for its channel',
    sql: `
      create table channel_quiet (
        channel text primary key,
        since integer not null,
        until integer not null
      ) strict;
      alter table delivery add column urgent integer not null default 0;
      alter table delivery add column tried_ms integer not null default 0;
      alter table delivery add column made_due integer not null default 0;
      update delivery set tried_ms = max(0, last_attempt_at - first_attempt_at)
        where status = 'pending' and last_attempt_at is not null and first_attempt_at is not null;
      create index delivery_refused on delivery (channel, next_attempt_at) where status = 'pending' and attempts_finished > 0;
    `,
  },
  {
    number: 9,
    name: 'what was given up lately, and is given up still',
    sql: `
      create index delivery_given_up_at on delivery (ended_at, channel) where status = 'given_up';
    `,
  },
  {
    number: 10,
    name: 'what a channel is owed in the order in which it goes out',
    sql: `
      drop index delivery_owed;
      drop index delivery_order;
      create index delivery_next on delivery (channel, coalesce(part_of, position), position) where status = 'pending';
      create index delivery_order on delivery (channel, order_key, coalesce(part_of, position)) where status = 'pending';
    `,
  },
  {
    number: 11,
    name: 'old stores: listings by an index each, counts that are kept, and what is usual beside each job',
    sql: KEPT_FIGURES,
  },
  {
    number: 12,
    name: 'what somebody wants tried now',
    sql: `
      create index delivery_urgent on delivery (channel, order_key) where status = 'pending' and urgent = 1;
    `,
  },
  {
    number: 13,
    name: 'which fallback has been owed what its channel did not deliver',
    sql: `
      alter table delivery add column covered_by text not null default '';
      update delivery set covered_by = other.channel from delivery as other
        where other.instead_of = delivery.channel and other.recipient is null
          and other.event_id = delivery.event_id and delivery.status in ('pending', 'given_up');
      drop index delivery_given_up;
      create index delivery_given_up on delivery (channel, covered_by, coalesce(held_until, created_at)) where status = 'given_up';
      create index delivery_late on delivery (channel, covered_by, coalesce(held_until, created_at)) where status = 'pending';
    `,
  },
  {
    number: 14,
    name: 'what is owed, in the order in which it was inserted',
    sql: `
      create index delivery_pending on delivery (channel) where status = 'pending';
    `,
  },
  {
    number: 15,
    name: 'when each watch was last polled with success, and when a restore of each instance finished last',
    sql: `
      create table watch_success (
        watch text primary key,
        succeeded_at integer not null
      ) strict, without rowid;
      create table last_finish (
        target_key text primary key,
        watch text not null,
        finished_at integer not null
      ) strict, without rowid;
      create index last_finish_newest on last_finish (finished_at);
      insert into last_finish
        select target_key, watch, max(finished_at) from observation where finished_at is not null group by target_key;
    `,
  },
  {
    number: 16,
    name: 'mutes of less than a watch, and mutes that come round',
    sql: `
      alter table mute add column project text;
      alter table mute add column instance text;
      alter table mute add column target text;
      alter table mute add column job text;
      alter table mute add column labels text;
      alter table mute add column schedule text;
      alter table mute add column time_zone text;
      alter table mute add column for_ms integer;
    `,
  },
  {
    number: 17,
    name: 'when a restore finished last, of every instance of a watch that has many',
    sql: LAST_FINISHES,
  },
  {
    number: 18,
    name: 'what stays of jobs that are pruned, and what was pruned since the last audit entry about it',
    sql: PRUNED,
  },
  {
    number: 19,
    name: 'what a channel is owed in the order of its schedule',
    sql: `
      create index delivery_due on delivery (channel, urgent, coalesce(held_until, 0), next_attempt_at, position) where status = 'pending';
    `,
  },
  {
    number: 20,
    name: 'the tree over the audit log; whoever writes first builds it',
    sql: `
      alter table audit_head add column tree text not null default '';
    `,
  },
  {
    number: 21,
    name: 'how far the activity feeds of projects are relied on',
    sql: `
      create table feed_trust (
        connection text not null,
        kind text not null,
        group_id text not null,
        standing text not null,
        since integer not null,
        reason text,
        detail text,
        proofs text not null,
        primary key (connection, kind, group_id)
      ) strict;
    `,
  },
  {
    number: 22,
    name: 'the key that signs checkpoints of the audit log, and the last checkpoint',
    sql: `
      alter table audit_head add column verifier_key text not null default '';
      alter table audit_head add column checkpoint text not null default '';
    `,
  },
  {
    number: 23,
    name: 'when what was watched, and why it was not',
    sql: COVERAGE,
  },
  {
    number: 24,
    name: 'what people attest of restores',
    sql: `
      create table attestation (
        id integer primary key autoincrement,
        job_id text not null,
        at integer not null,
        result text not null,
        author text not null,
        ticket text,
        note text,
        clean_up text
      ) strict;
      create index attestation_job on attestation (job_id, id);
    `,
  },
  {
    number: 25,
    name: 'how drills stand',
    sql: DRILLS,
  },
  {
    number: 26,
    name: 'where the audit log begins once it was pruned',
    sql: `
      alter table audit_head add column pruned_seq integer not null default 0;
      alter table audit_head add column stub text not null default '';
    `,
  },
  {
    number: 27,
    name: 'what witnesses have cosigned, and what is cosigned for others',
    sql: `
      create table witness_view (witness text primary key, size integer not null, tree text not null) strict;
      create table witnessed_log (origin text primary key, size integer not null, root text not null, note text not null) strict;
    `,
  },
  {
    number: 28,
    name: 'of a job that was pruned, when it had changed last and how often it had gone from Atlas',
    sql: `
      alter table pruned_job add column times_missing integer not null default 0;
      alter table pruned_job add column changed_at integer;
    `,
  },
  {
    number: 29,
    name: 'what was found of the audit log when it was verified last',
    sql: `
      create table audit_verified (id integer primary key check (id = 1), body text not null) strict;
    `,
  },
];
