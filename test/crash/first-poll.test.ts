import { describe, expect, it, onTestFinished } from 'vitest';
import type { AtlasSimulator } from '../../src/simulator/atlas/atlas.ts';
import { finish, newJobId, serverlessJob } from '../../src/simulator/atlas/scenario.ts';
import { GROUP_ID } from '../support/builders.ts';
import { INSTANCE } from './configuration.ts';
import { auditedDeliveries, auditProblems, lookInto } from './inspect.ts';
import { startReceiver } from './receivers.ts';
import { aDaemon, aHome, anAtlas } from './scene.ts';

const MINUTE_MS = 60_000;

function aRunningJob(atlas: AtlasSimulator, createdAt: number): string {
  const id = newJobId(createdAt);
  atlas.putJob(GROUP_ID, INSTANCE, serverlessJob({ id, createdAt, instance: INSTANCE }));
  return id;
}

/** One a minute from then on. */
function endedJobs(atlas: AtlasSimulator, count: number, from: number): void {
  for (let index = 0; index < count; index += 1) {
    const createdAt = from + index * MINUTE_MS;
    const id = aRunningJob(atlas, createdAt);
    atlas.updateJob(GROUP_ID, INSTANCE, id, finish(createdAt + MINUTE_MS / 2));
  }
}

describe('a daemon that is killed in the middle of its first listing', () => {
  it.each([
    { what: 'with nothing written yet', ended: 600, page: 2, told: ['started'] },
    // What was seen running has ended since, so that is news; the past of the others is not.
    {
      what: 'with a portion of the baseline written',
      ended: 2_600,
      page: 6,
      told: ['finished', 'started'],
    },
  ])('tells nothing about the past, $what', async ({ ended, page, told }) => {
    const atlas = await anAtlas();
    const longAgo = Date.now() - (ended + 1) * MINUTE_MS;
    const running = aRunningJob(atlas, longAgo);
    endedJobs(atlas, ended, longAgo + MINUTE_MS);
    const receiver = await startReceiver('webhook');
    onTestFinished(() => receiver.close());
    const home = await aHome(atlas, { channels: [receiver.config] });

    const asksFor = new RegExp(`[?&]pageNum=${page}(&|$)`);
    atlas.setFault({ kind: 'hang' }, { onlyPath: asksFor });
    const victim = aDaemon(home);
    await atlas.waitForRequest(({ path, authenticated }) => authenticated && asksFor.test(path));
    await victim.kill('SIGKILL');
    expect(await auditProblems(home)).toEqual([]);
    const seen = await lookInto(home, (store) => store.listObservations({ limit: 10_000 }));
    expect(seen.items.some(({ jobId }) => jobId === running)).toBe(told.includes('finished'));

    atlas.setFault(null);
    atlas.updateJob(GROUP_ID, INSTANCE, running, finish(Date.now()));
    const successor = aDaemon(home);
    await expect.poll(() => baselines(home)).toBe(1);
    aRunningJob(atlas, Date.now());
    await receiver.until(() => receiver.receipts().length >= told.length);
    expect(await successor.kill('SIGTERM')).toEqual({ code: 0, signal: null });

    expect(await auditProblems(home)).toEqual([]);
    expect(await baselines(home)).toBe(1);
    const known = await lookInto(home, (store) => store.listObservations({ limit: 10_000 }));
    expect(known.items).toHaveLength(ended + 2);
    const deliveries = await auditedDeliveries(home);
    const names = receiver
      .receipts()
      .map(({ eventIds: [id] }) => deliveries.find(({ eventId }) => eventId === id)?.event);
    expect(names).toEqual(told);
  });
});

function baselines(home: Parameters<typeof lookInto>[0]): Promise<number> {
  return lookInto(home, async (store) => {
    const entries = await store.readAudit(0, 1_000_000);
    return entries.filter(({ kind }) => kind === 'baseline.taken').length;
  });
}
