/** The SQL of a migration: once released it never changes. The writers are few, and each is written all the time. */
export const COVERAGE = `
  create table coverage_writer (
    id text collate "C" primary key,
    started_at bigint not null,
    alive_at bigint not null,
    ended_at bigint
  ) with (fillfactor = 50, autovacuum_vacuum_threshold = 100);
  create index coverage_writer_alive on coverage_writer (alive_at);
  create table coverage_span (
    writer text collate "C" not null,
    number bigint not null,
    watch text collate "C" not null,
    group_id text collate "C" not null,
    instance_name text collate "C" not null,
    from_at bigint not null,
    to_at bigint,
    cause text,
    until_at bigint,
    slack_ms bigint not null,
    primary key (writer, number)
  );
  create index coverage_span_standing on coverage_span (watch, group_id, instance_name, writer, number) where until_at is null;
  create index coverage_span_ended on coverage_span (until_at, writer, number) where until_at is not null;
`;
