import { type Kysely, sql } from 'kysely';
import type { CoverageSpan, CoverageWriter } from '../../../domain/coverage/span.ts';
import type { CoverageNote } from '../../ports/evidence/coverage.ts';
import { chunks } from '../chunks.ts';
import type { Database } from '../schema.ts';

/** Writes what a process has noted, within the caller's transaction; see `CoverageStore`. */
export async function noteCoverage(db: Kysely<Database>, note: CoverageNote): Promise<void> {
  const { writer, spans, firsts } = note;
  for (const chunk of chunks(spans)) await writeSpans(db, writer.id, chunk);
  for (const chunk of chunks(firsts)) await endOthers(db, writer.id, chunk);
  await writeWriter(db, writer);
}

async function writeSpans(
  db: Kysely<Database>,
  writer: string,
  spans: readonly CoverageSpan[],
): Promise<void> {
  const rows = spans.map((span) => ({
    writer,
    number: span.number,
    watch: span.watch,
    group_id: span.groupId,
    instance_name: span.instanceName,
    from_at: span.from,
    to_at: span.to,
    cause: span.cause,
    until_at: span.until,
    slack_ms: span.slackMs,
  }));
  await db
    .insertInto('coverage_span')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['writer', 'number']).doUpdateSet(({ ref, fn }) => ({
        to_at: ref('excluded.to_at'),
        cause: ref('excluded.cause'),
        // Another writer may have gone on from here.
        until_at: fn.coalesce('excluded.until_at', 'coverage_span.until_at'),
      })),
    )
    .execute();
}

/** What others have noted last of the same places ends where these begin. */
async function endOthers(db: Kysely<Database>, writer: string, firsts: readonly number[]): Promise<void> {
  const numbers = sql.join(firsts);
  await sql`
    update coverage_span set until_at = (
      select min(f.from_at) from coverage_span as f
        where f.writer = ${writer} and f.number in (${numbers}) and f.watch = coverage_span.watch
          and f.group_id = coverage_span.group_id and f.instance_name = coverage_span.instance_name
    )
    where until_at is null
      and (watch, group_id, instance_name) in (
        select n.watch, n.group_id, n.instance_name from coverage_span as n
          where n.writer = ${writer} and n.number in (${numbers})
      )
      and not (writer = ${writer} and number in (${numbers}))
      and from_at <= (
        select min(g.from_at) from coverage_span as g
          where g.writer = ${writer} and g.number in (${numbers}) and g.watch = coverage_span.watch
            and g.group_id = coverage_span.group_id and g.instance_name = coverage_span.instance_name
      )
  `.execute(db);
}

async function writeWriter(db: Kysely<Database>, writer: CoverageWriter): Promise<void> {
  const { id, startedAt, aliveAt, endedAt } = writer;
  await db
    .insertInto('coverage_writer')
    .values({ id, started_at: startedAt, alive_at: aliveAt, ended_at: endedAt })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ alive_at: aliveAt, ended_at: endedAt }))
    .execute();
}
