import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { moveStore } from '../../../src/app/move-store.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { StoreAddress } from '../../../src/store/ports/address.ts';
import type { Store } from '../../../src/store/store.ts';
import { aJob, aMuteRequest, anObservation, jobId, T0 } from '../../support/builders.ts';
import { hasPostgres, newPostgresSchema } from '../../support/postgres/shared.ts';
import { aPollOf } from '../poll-of.ts';
import { aCommit, plan, temporaryDirectory } from '../support.ts';

describe.skipIf(!hasPostgres())('a store that moves into a PostgreSQL', () => {
  let embedded: StoreAddress;
  let postgres: StoreAddress;
  beforeEach(async () => {
    embedded = { url: `sqlite:${join(temporaryDirectory(), 'watcher.db')}` };
    postgres = await newPostgresSchema();
    await using(embedded, async (store) => {
      await store.addMute(aMuteRequest({ reason: 'café ☕' }));
      for (let number = 1; number <= 70; number += 1) await store.commitPoll(aPollOf(number));
      await store.commitPoll(
        aCommit({
          takesBaseline: true,
          observations: [anObservation(aJob([], { id: jobId(99) }))],
          events: [
            { ...plan(99, { name: 'stalled' }), reminders: [{ channel: 'oncall', everyMs: 60_000 }] },
            { ...plan(100), channels: [], suppressed: 'muted', muteId: 1 },
          ],
        }),
      );
    });
  });

  async function using<Result>(
    address: StoreAddress,
    work: (store: Store) => Promise<Result>,
  ): Promise<Result> {
    const store = await openStore(address, {});
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  /** What people see of it. */
  const shown = (address: StoreAddress) =>
    using(address, async (store) => ({
      head: await store.auditHead(),
      jobs: await store.listObservations({ limit: 500 }),
      events: await store.listEvents({ limit: 500 }),
      deliveries: await store.listDeliveries({ limit: 500 }),
      counts: [await store.countJobs(), await store.countDeliveries(T0)],
      mutes: await store.listMutes({}),
    }));

  it('is there what it was, chain and numbers and all, and goes on', async () => {
    const before = await shown(embedded);
    const { audit, to } = await moveStore(embedded, postgres, () => {});
    expect(audit).toMatchObject({ head: before.head, problems: [] });
    expect(to).toContain(`(schema ${postgres.schema})`);
    expect(await shown(postgres)).toEqual(before);
    await using(postgres, async (store) => {
      await store.commitPoll(aPollOf(200));
      expect((await store.addMute(aMuteRequest())).id).toBe(2);
      expect((await store.listDeliveries({ limit: 1 })).items[0]?.eventId).toBe(
        aPollOf(200).events[0]?.event.id,
      );
      expect((await store.auditHead()).seq).toBe(before.head.seq + 2);
    });
  });

  it('comes back the same way', async () => {
    const before = await shown(embedded);
    await moveStore(embedded, postgres, () => {});
    const back = { url: `sqlite:${join(temporaryDirectory(), 'back.db')}` };
    await moveStore(postgres, back, () => {});
    expect(await shown(back)).toEqual(before);
    await using(back, (store) => store.commitPoll(aPollOf(200)));
  });

  it('is not mixed with what is there already', async () => {
    await using(postgres, (store) => store.commitPoll(aPollOf(1)));
    await expect(moveStore(embedded, postgres, () => {})).rejects.toMatchObject({ reason: 'conflict' });
  });
});
