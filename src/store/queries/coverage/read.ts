import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kysely, Selectable } from 'kysely';
import { isGapCause } from '../../../domain/coverage/causes.ts';
import type { CoverageWriter, RecordedSpan } from '../../../domain/coverage/span.ts';
import type { Timestamp } from '../../../domain/instant.ts';
import type { CoverageFilter, RecordedCoverage } from '../../ports/evidence/coverage.ts';
import { chunks } from '../chunks.ts';
import type { Database } from '../schema.ts';
import type { CoverageSpanTable } from './tables.ts';

/** Rows read in one go: some milliseconds of work. */
const PAGE = 1_000;

type Row = Selectable<CoverageSpanTable>;

/** Reads what was noted of a period; see `CoverageReader`. */
export async function readCoverage(
  db: Kysely<Database>,
  { watch, since, until }: CoverageFilter,
): Promise<RecordedCoverage> {
  const isAskedFor = (row: Row): boolean =>
    row.from_at < until && (watch === undefined || row.watch === watch);
  const spans = [
    ...(await allOf((last) => standing(db, last), isAskedFor)),
    ...(await allOf((last) => ended(db, since, last), isAskedFor)),
  ];
  return { spans, writers: await writersOf(db, new Set(spans.map(({ writer }) => writer))) };
}

/** Reads page by page, and lets everybody else have a turn between two. */
async function allOf(
  read: (last: Row | undefined) => Promise<Row[]>,
  isAskedFor: (row: Row) => boolean,
): Promise<RecordedSpan[]> {
  const all: RecordedSpan[] = [];
  for (let last: Row | undefined; ; await nextTurn()) {
    const page = await read(last);
    all.push(...page.filter(isAskedFor).map(toSpan));
    if (page.length < PAGE) return all;
    last = page.at(-1);
  }
}

/** The last span of every place. */
async function standing(db: Kysely<Database>, last: Row | undefined): Promise<Row[]> {
  let query = db.selectFrom('coverage_span').selectAll().where('until_at', 'is', null);
  if (last) {
    const { watch, group_id, instance_name, writer, number } = last;
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(
        refTuple('watch', 'group_id', 'instance_name', 'writer', 'number'),
        '>',
        tuple(watch, group_id, instance_name, writer, number),
      ),
    );
  }
  return query
    .orderBy('watch')
    .orderBy('group_id')
    .orderBy('instance_name')
    .orderBy('writer')
    .orderBy('number')
    .limit(PAGE)
    .execute();
}

/** Those that another followed at or after `since`. */
async function ended(db: Kysely<Database>, since: Timestamp, last: Row | undefined): Promise<Row[]> {
  const { until_at, writer, number } = last ?? { until_at: since, writer: '', number: 0 };
  return db
    .selectFrom('coverage_span')
    .selectAll()
    .where('until_at', 'is not', null)
    .where(({ eb, refTuple, tuple }) =>
      eb(refTuple('until_at', 'writer', 'number'), '>', tuple(until_at ?? since, writer, number)),
    )
    .orderBy('until_at')
    .orderBy('writer')
    .orderBy('number')
    .limit(PAGE)
    .execute();
}

async function writersOf(db: Kysely<Database>, ids: ReadonlySet<string>): Promise<CoverageWriter[]> {
  const writers: CoverageWriter[] = [];
  for (const chunk of chunks([...ids])) {
    const rows = await db.selectFrom('coverage_writer').selectAll().where('id', 'in', chunk).execute();
    for (const { id, started_at, alive_at, ended_at } of rows)
      writers.push({ id, startedAt: started_at, aliveAt: alive_at, endedAt: ended_at });
  }
  return writers;
}

/** A cause that a later version has written is told as a fault of the watcher: what it was, this one does not know. */
function toSpan(row: Row): RecordedSpan {
  const { cause } = row;
  return {
    writer: row.writer,
    number: row.number,
    watch: row.watch,
    groupId: row.group_id,
    instanceName: row.instance_name,
    from: row.from_at,
    to: row.to_at,
    cause: cause === null ? null : isGapCause(cause) ? cause : 'internal',
    until: row.until_at,
    slackMs: row.slack_ms,
  };
}
