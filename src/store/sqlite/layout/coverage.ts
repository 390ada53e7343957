/** The SQL of a migration: once released it never changes. */
export const COVERAGE = `
  create table coverage_writer (
    id text primary key,
    started_at integer not null,
    alive_at integer not null,
    ended_at integer
  ) strict;
  create index coverage_writer_alive on coverage_writer (alive_at);
  create table coverage_span (
    writer text not null,
    number integer not null,
    watch text not null,
    group_id text not null,
    instance_name text not null,
    from_at integer not null,
    to_at integer,
    cause text,
    until_at integer,
    slack_ms integer not null,
    primary key (writer, number)
  ) strict;
  create index coverage_span_standing on coverage_span (watch, group_id, instance_name, writer, number) where until_at is null;
  create index coverage_span_ended on coverage_span (until_at, writer, number) where until_at is not null;
`;
