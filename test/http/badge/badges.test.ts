import { describe, expect, it } from 'vitest';
import { aJob, anObservation, jobId, T0 } from '../../support/builders.ts';
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
