import type { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../src/domain/job/observation.ts';
import type { Milestone, RestoreJob } from '../../../src/domain/job/restore-job.ts';
import { lastFinishedAt, lastFinishes } from '../../../src/store/queries/figures/finishes.ts';
import { oldestRunning, runningSince } from '../../../src/store/queries/figures/running-jobs.ts';
import { finishedDurations } from '../../../src/store/queries/keeping/durations.ts';
import { countJobs } from '../../../src/store/queries/observations.ts';
import type { Database } from '../../../src/store/queries/schema.ts';
import { migrate } from '../../../src/store/sqlite/layout/migrate.ts';
import { MIGRATIONS } from '../../../src/store/sqlite/layout/migrations.ts';
import { kyselyDatabase, openConnection } from '../../../src/store/sqlite/node-sqlite.ts';
import { aJob, anObservation, HOUR, jobId, MINUTE, T0 } from '../../support/builders.ts';
import { openRecordingStore } from '../plans/recording-store.ts';
import { tour } from '../plans/tour.ts';
import { aCommit, TARGET } from '../support.ts';

const download = { deliveryType: 'download', expiresAt: T0 + 9 * HOUR };
const OBSERVATIONS: readonly Observation[] = [
  anObservation(aJob([], { id: jobId(1), createdAt: T0 + 2 * MINUTE })),
  anObservation(aJob([], { id: jobId(2), createdAt: T0 + MINUTE })),
  anObservation(aJob([], { id: jobId(3) }), { missingSince: T0 + HOUR }),
  anObservation(aJob(['finished'], { id: jobId(4), createdAt: T0 + 3 * MINUTE })),
  anObservation(aJob(['finished', 'expired'], { id: jobId(5), createdAt: T0 + 9 * HOUR }, 20)),
  anObservation(aJob(['ready', 'expired'], { id: jobId(6), createdAt: T0 + 10 * HOUR, ...download }, 30)),
  anObservation(aJob(['failed'], { id: jobId(7), createdAt: T0 + 11 * HOUR })),
  anObservation(aJob(['finished'], { id: jobId(8), finishedAt: null }), { changedAt: T0 + 2 * HOUR }),
];

/** What the store says of these, whoever wrote them. */
async function expectFigures(db: Kysely<Database>): Promise<void> {
  const took = [30, 20, 14, 14].map((minutes, index) => ({
    deliveryType: index === 0 ? 'download' : 'automated',
    durationMs: minutes * MINUTE,
  }));
  expect(await finishedDurations(db, TARGET, 9)).toEqual(took);
  expect(await finishedDurations(db, TARGET, 1)).toEqual(took.slice(0, 1));
  expect(await lastFinishedAt(db, 'orders')).toBe(T0 + 9 * HOUR + 20 * MINUTE);
  expect(await lastFinishes(db, ['orders'], 9)).toMatchObject([{ finishedAt: T0 + 9 * HOUR + 20 * MINUTE }]);
  expect(await oldestRunning(db, ['orders'], 9)).toEqual([OBSERVATIONS[1], OBSERVATIONS[0]]);
  expect(await runningSince(db)).toEqual(new Map([['orders', T0 + MINUTE]]));
  expect(await countJobs(db)).toEqual([
    { watch: 'orders', state: 'expired', count: 2 },
    { watch: 'orders', state: 'failed', count: 1 },
    { watch: 'orders', state: 'finished', count: 2 },
    { watch: 'orders', state: 'in_progress', count: 3 },
  ]);
}

function over(db: DatabaseSync): Kysely<Database> {
  return new Kysely<Database>({ dialect: new SqliteDialect({ database: kyselyDatabase(db) }) });
}

describe('what is kept beside the jobs', () => {
  it('is written with each job', async () => {
    const { store, db } = openRecordingStore();
    await store.commitPoll(aCommit({ observations: OBSERVATIONS }));
    await expectFigures(over(db));
  });

  it('is found out for those of an older layout', async () => {
    const db = openConnection(':memory:', { readOnly: false });
    migrate(db, ':memory:', MIGRATIONS.slice(0, 10));
    const insert = db.prepare('insert into observation values (?, ?, ?, ?, ?, ?, ?)');
    for (const observation of OBSERVATIONS) {
      const { watch, jobId, state, job, missingSince } = observation;
      const followedUntil = missingSince === null && state === 'in_progress' ? 9e15 : 0;
      insert.run(
        watch,
        jobId,
        TARGET,
        state,
        job?.createdAt ?? 0,
        followedUntil,
        JSON.stringify(observation),
      );
    }
    migrate(db, ':memory:');
    await expectFigures(over(db));
  });

  it('is found out for every instance of a watch that has many, however old its last restore', async () => {
    const db = openConnection(':memory:', { readOnly: false });
    migrate(db, ':memory:', MIGRATIONS.slice(0, 10));
    for (const instance of ['quiet', 'expired', 'busy', 'none', 'undated'])
      db.prepare("insert into target values (?, 'orders', 0)").run(`orders/flex/p/${instance}`);
    const insert = db.prepare("insert into observation values ('orders', ?, ?, ?, ?, 0, ?)");
    const add = (
      instance: string,
      minute: number,
      milestones: Milestone[],
      over: Partial<RestoreJob> = {},
    ) => {
      const createdAt = T0 + minute * MINUTE;
      const observation = anObservation(aJob(milestones, { id: jobId(minute), createdAt, ...over }));
      const { jobId: id, state } = observation;
      insert.run(id, `orders/flex/p/${instance}`, state, createdAt, JSON.stringify(observation));
    };
    add('undated', 1, ['finished'], { finishedAt: null, reached: [{ milestone: 'finished', at: null }] });
    add('quiet', 2, ['finished'], { finishedAt: T0 + HOUR });
    add('quiet', 3, ['finished']);
    add('expired', 4, ['finished', 'expired']);
    add('none', 5, ['failed']);
    for (let minute = 6; minute < 70; minute += 1) add('busy', minute, ['finished']);
    const finishes = async () =>
      (await lastFinishes(over(db), ['orders'], 9)).map((each) => [each.instanceName, each.finishedAt - T0]);
    const busy = ['busy', (69 + 14) * MINUTE];

    migrate(db, ':memory:', MIGRATIONS.slice(0, 16));
    expect(await finishes()).toEqual([busy]);
    migrate(db, ':memory:');
    expect(await finishes()).toEqual([
      busy,
      ['quiet', HOUR],
      ['expired', (4 + 14) * MINUTE],
      ['undated', MINUTE + 1_000],
    ]);
  });

  it('names the jobs of an older layout of which it cannot be found out, says what to do, and changes nothing', () => {
    const db = openConnection(':memory:', { readOnly: false });
    migrate(db, ':memory:', MIGRATIONS.slice(0, 10));
    const insert = db.prepare("insert into observation values ('orders', ?, ?, 'finished', 0, 0, ?)");
    insert.run(jobId(1), TARGET, JSON.stringify(OBSERVATIONS[3]));
    for (const number of [2, 3]) insert.run(jobId(number), TARGET, '{"jobId":"6');
    expect(() => migrate(db, 'watcher.db')).toThrow(
      expect.objectContaining({
        reason: 'damaged',
        message: expect.stringContaining(`job ${jobId(2)} of watch orders, job ${jobId(3)} of watch orders`),
        hint: expect.stringContaining("sqlite3 'watcher.db' \"delete from observation where not json_valid"),
      }),
    );
    expect(db.prepare('pragma user_version').get()).toEqual({ user_version: 10 });
    db.exec('delete from observation where not json_valid(body)');
    migrate(db, 'watcher.db');
    expect(db.prepare('select count(*) as jobs from observation').get()).toEqual({ jobs: 1 });
  });
});

describe('the counts that are kept', () => {
  const expectTrue = (db: DatabaseSync): void => {
    expect(db.prepare('select * from job_count where count > 0').all()).toEqual(
      db.prepare('select watch, state, count(*) as count from observation group by 1, 2').all(),
    );
    expect(db.prepare('select channel, status, count from delivery_count where count > 0').all()).toEqual(
      db.prepare('select channel, status, count(*) as count from delivery group by 1, 2').all(),
    );
    expect(
      db.prepare("select channel, last_ended_at from delivery_count where status = 'delivered'").all(),
    ).toEqual(
      db.prepare("select channel, max(ended_at) as last_ended_at from delivery where status = 'delivered' group by 1").all(), // biome-ignore format: one statement
    );
  };

  it('are those of the rows, whatever was asked of the store', async () => {
    const { store, db } = openRecordingStore();
    await store.commitPoll(aCommit({ observations: OBSERVATIONS }));
    await tour(store);
    expectTrue(db);
  });

  it('follow whoever else writes, and what is undone with a transaction', async () => {
    const { store, db } = openRecordingStore();
    await tour(store);
    db.exec("begin; update delivery set status = 'given_up'; delete from observation; rollback");
    expectTrue(db);
    db.exec("update delivery set status = 'given_up' where position % 2 = 0");
    db.exec('delete from delivery where position % 3 = 0; delete from observation where rowid % 2 = 0');
    db.exec("update observation set state = 'expired'");
    expectTrue(db);
  });
});
