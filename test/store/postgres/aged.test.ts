import { Kysely } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDialect } from '../../../src/store/postgres/dialect.ts';
import { POSTGRES_LEASES } from '../../../src/store/postgres/leases.ts';
import { readPlace } from '../../../src/store/postgres/place.ts';
import { createPool } from '../../../src/store/postgres/pool.ts';
import { openPostgresStore } from '../../../src/store/postgres/postgres-store.ts';
import type { Database } from '../../../src/store/queries/schema.ts';
import { toBody } from '../../../src/store/queries/stored-event.ts';
import { createSqlLeases } from '../../../src/store/sql/leases.ts';
import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { T0 } from '../../support/builders.ts';
import { hasPostgres, newPostgresSchema } from '../../support/postgres/shared.ts';
import { tour } from '../plans/tour.ts';
import { aCommit, aDraft, plan } from '../support.ts';

/** So many jobs have ended in an old store here, each with an event, told to two channels. */
const OLD = 20_000;
/** A page of 2,000 rows, and what belongs to it. */
const MOST_ROWS = 2_500;

interface Statement {
  sql: string;
  parameters: readonly unknown[];
}

/** A node of a plan, as `explain (format json)` tells it. */
interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Join Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: PlanNode[];
}

let address: { url: string; schema: string };
let client: pg.Client;

describe.skipIf(!hasPostgres())('on a PostgreSQL that was never analysed', () => {
  beforeAll(async () => {
    address = await newPostgresSchema();
    await (await openPostgresStore(address)).close();
    client = new pg.Client(address.url);
    await client.connect();
    await client.query(`set search_path to ${address.schema}`);
    for (const table of ['observation', 'event', 'delivery', 'audit_entry'])
      await client.query(`alter table ${table} set (autovacuum_enabled = off)`);
  });
  afterAll(() => client.end());

  /** The rows that a statement looks at, run for once and undone. */
  async function rowsOf({ sql, parameters }: Statement): Promise<{ rows: number; how: string }> {
    await client.query('begin');
    try {
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
        `explain (analyze, timing off, format json) ${sql}`,
        [...parameters],
      );
      const scans = nodesOf(rows[0]?.['QUERY PLAN'][0].Plan).map((node) => ({
        rows: lookedAt(node),
        how: `${node['Node Type']} ${node['Index Name'] ?? node['Relation Name'] ?? ''}`,
      }));
      return scans.reduce((most, scan) => (scan.rows > most.rows ? scan : most), { rows: 0, how: '' });
    } finally {
      await client.query('rollback');
    }
  }

  /** The store, with everything that it asks the database. */
  async function openRecording(onStatement: (statement: Statement) => void): Promise<Store> {
    const db = new Kysely<Database>({
      dialect: createDialect(await createPool(readPlace(address), { mayWrite: true })),
      log: ({ level, query }) => {
        if (level === 'query') onStatement(query);
      },
    });
    return createSqlStore({
      db,
      toStoreError: (thrown) => thrown,
      ...createSqlLeases(db, POSTGRES_LEASES),
      close: () => db.destroy(),
    });
  }

  it('no statement looks at more than a page, however old the store is', { timeout: 600_000 }, async () => {
    await grow(client);
    const statements = new Map<string, Statement>();
    const store = await openRecording((statement) => statements.set(statement.sql, statement));
    for (let page = 0; page < 20; page += 1)
      await store.recordAudit(Array.from({ length: 500 }, (_, number) => aDraft(number)));
    await tour(store);
    const faults: string[] = [];
    for (const statement of statements.values()) {
      // What is inserted looks at nothing but its own keys.
      if (/^(begin$|commit$|rollback$|insert )/.test(statement.sql)) continue;
      const { rows, how } = await rowsOf(statement);
      if (rows > MOST_ROWS) faults.push(`${rows} rows by ${how}\n    ${statement.sql}`);
    }
    expect(statements.size).toBeGreaterThan(100);
    expect(faults).toEqual([]);
  });

  it.each([
    ['what was never analysed', async () => {}],
    [
      'what was analysed while nothing was owed',
      async () => void (await client.query('analyze delivery, event, observation')),
    ],
  ])(
    'what is due is found among 10,000 that are owed, without going through them, in %s',
    async (_case, prepare) => {
      await client.query('truncate delivery, event, reminder, observation');
      await grow(client);
      await prepare();
      const store = await openPostgresStore(address);
      const numbers = Array.from({ length: 10_000 }, (_, index) => index + 1);
      // One half of one job each, the other of ten jobs.
      const events = numbers.map((number) =>
        plan(number, { job: number <= 5_000 ? number : number % 10, channels: ['busy'] }),
      );
      for (let at = 0; at < events.length; at += 1_000)
        await store.commitPoll(aCommit({ events: events.slice(at, at + 1_000) }));
      await store.close();
      const asked = new Map<string, Statement>();
      const recording = await openRecording((statement) => asked.set(statement.sql, statement));
      const request = { channel: 'busy', owner: 'a', now: T0 + 86_400_000, leaseMs: 15_000 };
      for (const perKey of ['head', 'run'] as const)
        for (const limit of [1, 50])
          expect(await recording.claimDeliveries({ ...request, limit, perKey })).toHaveLength(limit);
      await recording.listDeliveries({ channel: 'busy', status: 'pending', limit: 2 });
      await recording.owedSince(['busy']);
      const [first] = (await recording.listDeliveries({ channel: 'busy', limit: 1 })).items;
      await recording.redrive([first?.id ?? ''], request.now);
      await recording.close();
      const faults: string[] = [];
      for (const statement of asked.values()) {
        if (/^(begin$|commit$|rollback$|insert )/.test(statement.sql)) continue;
        const { rows, how } = await rowsOf(statement);
        if (rows > MOST_ROWS) faults.push(`${rows} rows by ${how}\n    ${statement.sql}`);
      }
      expect(asked.size).toBeGreaterThan(10);
      expect(faults).toEqual([]);
    },
  );
});

function nodesOf(plan: PlanNode | undefined): PlanNode[] {
  return plan === undefined ? [] : [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

function lookedAt(node: PlanNode): number {
  const each =
    node['Actual Rows'] +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Join Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0);
  return each * node['Actual Loops'];
}

/** Makes the store old: what ended long ago, in four watches and two channels, told, given up or suppressed. */
async function grow(client: pg.Client): Promise<void> {
  const body = (await client.query<{ body: string }>('select $1::text as body', [toBody(plan(1).event)]))
    .rows[0]?.body;
  const old = `generate_series(1, ${OLD}) as n`;
  const at = `${T0} - n * 60000`;
  await client.query(`insert into observation select 'watch' || n % 4, md5(n::text), 'watch' || n % 4 || '/serverless/g/i' || n % 40,
      case when n % 5 = 0 then 'failed' else 'finished' end, ${at}, 0, ${at}, 'automated', 1000, null, '{"jobId":"x","watch":"x","milestones":[]}' from ${old}`);
  await client.query(
    `insert into event (id, watch, job_id, detected_at, has_happened, body)
      select 'old' || n, 'watch' || n % 4, md5(n::text), ${at}, case when n % 3 = 0 then 0 else 1 end, $1 from ${old}`,
    [body],
  );
  await client.query(`insert into delivery (id, event_id, channel, order_key, status, created_at, next_attempt_at, attempts_started,
      attempts_finished, first_attempt_at, last_attempt_at, ended_at, lease_until)
    select 'old' || n || ':' || channel, 'old' || n, channel, md5(n::text), case when n % 1000 = 0 then 'given_up' else 'delivered' end,
      ${at}, ${at}, 1, 1, ${at}, ${at}, ${at}, 0
    from ${old} cross join unnest(array['dba', 'archive']) as channel`);
}
