import { describe, expect, it } from 'vitest';
import { createBadges } from '../../../src/http/badge/badges.ts';
import { aJob, anObservation, jobId, T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { aReport, aWatchReport } from '../../support/page-facts.ts';
import { readingStore } from '../../support/reading-store.ts';
import { aWatcherStatus } from '../../support/statuses.ts';
import { serve } from '../serve.ts';

const FAILED = anObservation(aJob(['failed'], { id: jobId(1), createdAt: T0, finishedAt: T0 + 60_000 }));
const RUNNING = anObservation(aJob([], { id: jobId(2), createdAt: T0 + 1 }));

async function badge(url: string, token?: string) {
  const answer = await fetch(url, {
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
  });
  const [type, kept] = [answer.headers.get('content-type'), answer.headers.get('cache-control')];
  return { status: answer.status, type, kept, text: await answer.text() };
}

describe('/badge/WATCH.svg', () => {
  it('says in words whether the watch sees, and how the last restore that has ended did', async () => {
    const { server } = await serve({ observations: [RUNNING, FAILED] });
    const { status, type, text } = await badge(`${server.url}/badge/orders.svg`);
    expect({ status, type }).toEqual({ status: 200, type: 'image/svg+xml; charset=utf-8' });
    expect(/<title>(.*?)<\/title>/.exec(text)?.[1]).toBe(
      `orders: sees, last restore failed ${new Date(T0 + 60_000).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    );
    expect(text).not.toMatch(/style/);
  });

  it('is kept by what lies between only where it is for anybody', async () => {
    let isPublic = false;
    const { server } = await serve({}, { token: () => 'a', publicBadges: () => isPublic });
    const url = `${server.url}/badge/orders.svg`;
    expect((await badge(url, 'a')).kept).toBe('private, max-age=30');
    isPublic = true;
    expect((await badge(url)).kept).toBe('public, max-age=30');
  });

  it('knows no other watch', async () => {
    const { server } = await serve();
    expect((await badge(`${server.url}/badge/other.svg`)).status).toBe(404);
  });

  it('costs no more however often it is asked for, and is drawn anew after five seconds', async () => {
    const store = readingStore({ observations: [FAILED] });
    const clock = createManualClock(T0);
    let reports = 0;
    let lists = 0;
    const counted = {
      ...store,
      listObservations: (...asked: Parameters<typeof store.listObservations>) => {
        lists += 1;
        return store.listObservations(...asked);
      },
    };
    const report = async () => {
      reports += 1;
      return aReport({ watches: [aWatchReport()] });
    };
    const badges = createBadges({ status: () => aWatcherStatus(), report, store: counted, clock });
    const many = await Promise.all(Array.from({ length: 50 }, () => badges.of('orders')));
    expect(new Set(many).size).toBe(1);
    expect(await badges.of('other')).toBeNull();
    expect([reports, lists]).toEqual([1, 1]);
    clock.advance(5_000);
    await badges.of('orders');
    expect([reports, lists]).toEqual([2, 2]);
    store.fault = new Error('away');
    clock.advance(5_000);
    await expect(badges.of('orders')).rejects.toThrow('away');
    store.fault = null;
    expect(await badges.of('orders')).toContain('<svg');
  });

  it('is for who may read, and for anybody only where that is configured', async () => {
    let isPublic = false;
    const { server } = await serve({}, { token: () => 'a', viewToken: 'b', publicBadges: () => isPublic });
    const url = `${server.url}/badge/orders.svg`;
    expect([(await badge(url)).status, (await badge(url, 'b')).status]).toEqual([401, 200]);
    isPublic = true;
    expect((await badge(url)).status).toBe(200);
    // Which watches there are, nobody learns by asking for others.
    expect((await badge(`${server.url}/badge/other.svg`)).status).toBe(401);
    expect((await badge(`${server.url}/`)).status).toBe(401);
  });
});
