import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { verifyStore } from '../../../src/audit/verify.ts';
import { openPostgresStore } from '../../../src/store/postgres/postgres-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { jobId } from '../../support/builders.ts';
import { PATIENCE_MS } from '../../support/patience.ts';
import { type CuttingProxy, startCuttingProxy } from '../../support/postgres/cutting-proxy.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres/server.ts';
import { hasPostgres } from '../../support/postgres/shared.ts';
import { aPollOf } from '../poll-of.ts';
import { aDraft } from '../support.ts';

let server: PostgresServer;
let proxy: CuttingProxy;
let store: Store;
/** How many polls were committed, as far as anybody was told. */
let acknowledged = 0;

describe.skipIf(!hasPostgres())('a PostgreSQL that goes away', () => {
  beforeAll(async () => {
    server = await startPostgres();
    proxy = await startCuttingProxy(server.port);
    store = await openThrough(PATIENCE_MS);
  });
  afterAll(async () => {
    await store.close();
    await proxy.close();
    await server.remove();
  });

  /** Opens the store behind the proxy; it gives up what is not answered for so many milliseconds. */
  async function openThrough(answerMs: number): Promise<Store> {
    const others = { statementMs: PATIENCE_MS, lockMs: PATIENCE_MS, idleInTransactionMs: PATIENCE_MS };
    const url = server.url.replace(`:${server.port}/`, `:${proxy.port}/`);
    const limits = { ...others, connectMs: answerMs, answerMs };
    // Where it gives up soon, it takes more than one try on a machine that is busy.
    return vi.waitFor(() => openPostgresStore({ url, limits }), { timeout: PATIENCE_MS });
  }

  /** Commits the next poll; the same again as long as it is refused, as the next poll of a watch would be. */
  async function commitNext(): Promise<void> {
    await expect
      .poll(() =>
        store.commitPoll(aPollOf(acknowledged + 1)).then(
          () => 'committed',
          (error: unknown) => String(error),
        ),
      )
      .toBe('committed');
    acknowledged += 1;
  }

  /** Everything that was acknowledged is there, once, and the chain is one. */
  async function expectAllThere(): Promise<void> {
    const ids = Array.from({ length: acknowledged }, (_, index) => jobId(index + 1));
    const jobs = await store.readObservations('orders', ids);
    const [deliveries] = await store.countDeliveries(0);
    expect([jobs.size, deliveries?.count]).toEqual([acknowledged, acknowledged]);
    expect((await verifyStore(store)).problems).toEqual([]);
  }

  it.each(['fast', 'immediate', 'kill'] as const)(
    'loses nothing that was committed, stopped by %s',
    async (how) => {
      for (let number = 0; number < 20; number += 1) await commitNext();
      let isAway = false;
      const busy = (async () => {
        while (!isAway)
          await store.commitPoll(aPollOf(acknowledged + 1)).then(
            () => {
              acknowledged += 1;
            },
            () => undefined,
          );
      })();
      await server.stop(how);
      isAway = true;
      await busy;
      await expect(store.commitPoll(aPollOf(acknowledged + 1))).rejects.toMatchObject({
        reason: 'unavailable',
        message: expect.stringContaining('postgres://127.0.0.1:'),
        hint: expect.stringMatching(/up/),
      });
      await server.start();
      await commitNext();
      await expectAllThere();
    },
  );

  it('has done what it could not answer any more, and the next try finds it done', async () => {
    await commitNext();
    proxy.cutBehind('commit');
    const next = aPollOf(acknowledged + 1);
    await expect(store.commitPoll(next)).rejects.toMatchObject({ reason: 'unavailable' });
    await expect
      .poll(() =>
        store.auditHead().then(
          ({ seq }) => seq,
          () => 0,
        ),
      )
      .toBe(acknowledged + 1);
    // The next poll reads what is there, finds nothing new, and has nothing to record.
    await expect
      .poll(() =>
        store.commitPoll({ ...next, audit: [] }).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    acknowledged += 1;
    await expectAllThere();
  });

  it('is asked for nothing a second time by works that were committed together, when it could not answer', async () => {
    await commitNext();
    const before = (await store.auditHead()).seq;
    proxy.cutBehind('commit');
    const works = [1, 2, 3].map((number) => store.recordAudit([aDraft(number)]));
    const ends = await Promise.allSettled(works);
    expect(ends).toMatchObject(
      works.map(() => ({
        reason: {
          reason: 'unavailable',
          isInDoubt: true,
          message: expect.stringMatching(/; it may be written all the same$/),
        },
      })),
    );
    await commitNext();
    const entries = await store.readAudit(before, 10);
    expect(entries.map(({ data }) => data.number).slice(0, 3)).toEqual([1, 2, 3]);
    expect(entries).toHaveLength(4);
    expect((await verifyStore(store)).problems).toEqual([]);
  });

  it('is asked for nothing a second time either when it has not got the commit', async () => {
    await commitNext();
    const before = (await store.auditHead()).seq;
    proxy.cutBefore('commit');
    const ends = await Promise.allSettled([1, 2].map((number) => store.recordAudit([aDraft(number)])));
    // Nobody can tell: so it is in doubt as well, and nothing of it is there.
    expect(ends).toMatchObject([1, 2].map(() => ({ reason: { isInDoubt: true } })));
    await expect.poll(() => store.readAudit(before, 10).catch(String)).toEqual([]);
  });

  it('is given up when it says nothing any more, and found again', async () => {
    await commitNext();
    const impatient = await openThrough(700);
    proxy.hang(true);
    await expect(impatient.commitPoll(aPollOf(acknowledged + 1))).rejects.toMatchObject({
      reason: 'unavailable',
      message: expect.stringContaining('does not answer'),
    });
    await expect(impatient.auditHead()).rejects.toMatchObject({ reason: 'unavailable' });
    proxy.hang(false);
    await expect
      .poll(() =>
        impatient.auditHead().then(
          () => 'found',
          (error: unknown) => String(error),
        ),
      )
      .toBe('found');
    await impatient.close();
    await commitNext();
    await expectAllThere();
  });

  it('is found again by all who read when every connection was cut', async () => {
    const reads = () => Promise.allSettled(Array.from({ length: 8 }, () => store.auditHead()));
    const areRead = async () => (await reads()).every(({ status }) => status === 'fulfilled');
    await expect.poll(areRead).toBe(true);
    proxy.cut();
    await expect.poll(areRead).toBe(true);
    await commitNext();
    await expectAllThere();
  });
});
