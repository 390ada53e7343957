import { expect, it, onTestFinished } from 'vitest';
import { type AwaitStoreDeps, startOnceStoreAnswers } from '../../src/app/await-store.ts';
import { systemClock } from '../../src/clock.ts';
import { StoreError } from '../../src/errors.ts';
import { freePort } from '../support/free-port.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';

const AWAY = new StoreError('unavailable', 'db.example.com: nobody listens there', {
  hint: 'Is the server up?',
  isPassing: true,
});

/** A store at a port where nobody listens: it stays away until the test says otherwise. */
async function aWorld(server: Partial<AwaitStoreDeps['config']['server']> = {}) {
  const port = await freePort();
  const nobody = await freePort();
  const logger = createRecordingLogger();
  const ended = new AbortController();
  let fault: StoreError | null = AWAY;
  let starts = 0;
  const waiting = startOnceStoreAnswers(
    async () => {
      starts += 1;
      if (fault !== null) throw fault;
      return 'started';
    },
    {
      config: {
        store: { url: `postgres://watcher@127.0.0.1:${nobody}/watcher` },
        server: { host: '127.0.0.1', port, token: null, viewToken: null, publicBadges: false, ...server },
      },
      clock: systemClock,
      logger,
      signal: ended.signal,
    },
  );
  onTestFinished(async () => {
    ended.abort();
    await waiting.catch(() => undefined);
  });
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    return { status: answer.status, body: (await answer.json()) as unknown };
  };
  await expect.poll(() => ask('/healthz').catch(() => null)).not.toBeNull();
  return { waiting, ended, logger, ask, starts: () => starts, mend: (by: StoreError | null) => (fault = by) };
}

it('a daemon whose store is away lives, is not ready, and says why, to whoever may read', async () => {
  const { ask, logger } = await aWorld({ viewToken: 'canary-token' });
  expect(await ask('/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
  expect(await ask('/readyz')).toEqual({ status: 503, body: { status: 'not_ready' } });
  const { status, body } = await ask('/readyz', { Authorization: 'Bearer canary-token' });
  expect(status).toBe(503);
  expect(body).toMatchObject({
    reasons: [expect.stringMatching(/waits for its store and does nothing: .*nobody listens there/)],
  });
  expect(await ask('/api/v1/status')).toMatchObject({
    status: 503,
    body: { hint: 'see /readyz and the log' },
  });
  expect(logger.lines.filter(({ level }) => level === 'error')).toMatchObject([
    { message: 'Waiting for the store: db.example.com: nobody listens there' },
  ]);
});

it('ends at once when it is stopped while it waits, without having started', async () => {
  const { waiting, ended, starts } = await aWorld();
  ended.abort();
  expect(await waiting).toBeNull();
  expect(starts()).toBe(1);
});

it('does not wait for what will not pass by itself', async () => {
  const refused = new StoreError('unavailable', 'the server does not let this user in');
  const deps = { clock: systemClock, logger: createRecordingLogger(), signal: new AbortController().signal };
  const config = {
    store: { url: 'postgres://watcher@127.0.0.1:1/watcher' },
    server: { host: '127.0.0.1', port: 0, token: null, viewToken: null, publicBadges: false },
  };
  const start = (): Promise<never> => Promise.reject(refused);
  await expect(startOnceStoreAnswers(start, { ...deps, config })).rejects.toBe(refused);
});
