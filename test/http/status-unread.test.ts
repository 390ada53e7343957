import { expect, it } from 'vitest';
import { StoreError } from '../../src/errors.ts';
import { connectDaemon } from '../../src/remote/remote-records.ts';
import { reportOfDaemon } from '../../src/views/status/from-daemon.ts';
import { cli } from '../cli/harness.ts';
import { T0 } from '../support/builders.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { readingStore } from '../support/reading-store.ts';
import { aWatcherStatus } from '../support/statuses.ts';
import { serve } from './serve.ts';

const AWAY = new StoreError('unavailable', 'the database at db:5432 does not answer', {
  hint: 'It is tried again by itself.',
});
const WORDS =
  'the store cannot be read: the database at db:5432 does not answer. It is tried again by itself. What stands there is not known: mutes, what is owed, how many jobs run.';

it('tells what the daemon knows by itself while its store cannot be read, and that first', async () => {
  const store = readingStore();
  const channel = { channel: 'oncall', waitsForMs: null, sentBy: null, failing: null };
  const report = () =>
    reportOfDaemon({
      ...{ now: T0, version: '1.2.3', pid: 1, store, health: { reasons: [], warnings: [] } },
      status: aWatcherStatus({ channels: [channel] }),
      config: {
        ...{ file: '/w.json', sha256: 'c'.repeat(64), loadedAt: T0, lastReload: null, store: '/w.db' },
        ...{ schedules: new Map(), nextDigestAt: () => null, testAlert: null },
      },
    });
  const { get, server } = await serve({}, { store, report });
  store.fault = AWAY;
  const { status, body } = await get('/api/v1/status');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    ...{ ok: false, problems: [WORDS], mutes: [], drills: [] },
    watches: [{ watch: 'orders', sight: 'sees', running: null, jobs: {} }],
    channels: [{ channel: 'oncall', owed: null, held: null, givenUp: null }],
    store: { isRead: false, lastWrittenAt: null },
  });
  const { code, out } = await cli(['status', '--server', server.url], {
    parts: { connectDaemon: (address) => connectDaemon(address, { clock: createManualClock(T0) }) },
  });
  expect(code).toBe(1);
  expect(out.replaceAll(/\s+/g, ' ')).toContain(`! ${WORDS}`);
  expect(out).toMatch(/orders +yes .*\? +\?/);
  expect(out).toMatch(/oncall +yes +\? +\? +\?/);
  expect(out).toContain('Muted: not known.');
  store.fault = null;
  expect((await get('/api/v1/status')).body).toMatchObject({ ok: true, store: { isRead: true } });
});
