import { describe, expect, it } from 'vitest';
import { newJobId, serverlessJob } from '../../src/simulator/atlas/scenario.ts';
import { hasPostgres, newPostgresAddress } from '../support/postgres/shared.ts';
import { awaken, GROUP, INSTANCE, settle, startWorld, until } from './support.ts';

const CEILING = 60;
/** A poll of these is two thirds of the ceiling. */
const JOBS = 40;
const MINUTE_MS = 60_000;

/** The most requests that Atlas had in the project in any minute. What left a moment earlier may have come a moment later. */
function mostInAMinute(times: readonly number[]): number {
  return Math.max(
    ...times.map((from) => times.filter((at) => at >= from && at < from + MINUTE_MS - 1_000).length),
  );
}

describe.skipIf(!hasPostgres())('a replica that takes a project over from a killed one', () => {
  it('begins with what that has left of the minute', async () => {
    const world = await startWorld();
    const ids = Array.from({ length: JOBS }, (_, index) => newJobId(Date.now() + index * 1_000));
    for (const id of ids)
      world.atlas.putJob(GROUP, INSTANCE, serverlessJob({ id, createdAt: Date.now(), instance: INSTANCE }));
    const config = world.config({
      connections: [world.connection({ requestsPerMinute: CEILING })],
      watches: [world.watch({ restoreJobIds: ids, schedule: '*/2 * * * * *' })],
      store: await newPostgresAddress(),
    });
    const a = await awaken(await settle(config));
    const times = (): number[] =>
      world.atlas.requests.filter(({ path }) => path.includes(GROUP)).map(({ at }) => at);
    await until(() => times().length >= JOBS, 'most of the ceiling to be spent');
    await a.kill('SIGKILL');
    const before = times().length;
    await awaken(await settle(config));
    // Without the books, a whole ceiling more would go out within the same minute.
    await until(() => times().length >= before + JOBS, 'the next to have polled all', 4 * MINUTE_MS);
    expect(mostInAMinute(times())).toBeLessThanOrEqual(CEILING);
  });
});
