import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { explain } from '../../src/cli/errors.ts';
import { GENESIS } from '../../src/domain/audit.ts';
import { OPEN_SCOPE } from '../../src/domain/telling/mute.ts';
import { toError, WatcherError } from '../../src/errors.ts';
import { connectDaemon } from '../../src/remote/remote-records.ts';
import { muteView } from '../../src/views/mutes.ts';
import { createStoreRecords } from '../../src/views/records/store-records.ts';
import { jobView, listedDeliveryView, transitionView } from '../../src/views/views.ts';
import { whyOf, whyView } from '../../src/views/why.ts';
import { serve } from '../http/serve.ts';
import { chainEntries } from '../support/audit-chain.ts';
import {
  aJob,
  aMute,
  anEvent,
  anObservation,
  aRoute,
  HOUR,
  jobId,
  jobSubjectOf,
  MINUTE,
  T0,
} from '../support/builders.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { readingStore, recorded, type StoreContent } from '../support/reading-store.ts';

const TOKEN = 'a-token-of-the-server';
const mute = aMute({ events: ['failed'], until: T0 + HOUR, reason: 'a drill' });
const content = (): StoreContent => ({
  observations: [
    anObservation(aJob([], { id: jobId(1), progress: { done: 1, total: 4 } })),
    anObservation(aJob(['failed'], { id: jobId(2), errorMessage: 'no room', targetGroupName: 'stage' }), {
      missingSince: T0,
      anomaly: 'steps back',
    }),
  ],
  events: [
    recorded(anEvent('failed'), [
      { channel: 'oncall', status: 'pending', lastDetail: 'HTTP 500', endedAt: null },
      { channel: 'dba', recipient: 'ann@example.com', insteadOf: 'oncall' },
    ]),
    recorded({ ...anEvent('failed'), id: '2', test: true, note: 'a sample' }, [], 'muted', mute),
    recorded({ ...anEvent('watch_failing'), id: '3' }, [{ channel: 'dba' }]),
    recorded(
      {
        ...anEvent('channel_failing'),
        id: '4',
        reminder: { number: 2, since: T0 },
        subject: { kind: 'channel', channel: 'on/call' },
      },
      [{ channel: 'dba' }],
    ),
  ],
  mutes: [{ ...mute }],
  audit: chainEntries(GENESIS, [
    { at: T0, kind: 'daemon.started', data: {} },
    { at: T0, kind: 'daemon.stopped', data: {} },
  ]),
});

/** A server that gives one answer to everything; its address. */
async function answering(answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_request, response) => answer(response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The record of one store, asked directly and over HTTP. */
async function bothWays() {
  const store = readingStore(content());
  const clock = createManualClock(T0 + MINUTE);
  const { server } = await serve({}, { store, clock, token: () => TOKEN });
  const { records, telling } = connectDaemon({ url: server.url, token: TOKEN }, { clock });
  return { near: createStoreRecords(store, { clock }), far: records, store, server, clock, telling };
}

describe('a daemon that is asked', () => {
  it('shows jobs, history, deliveries and mutes as its store does', async () => {
    const { near, far } = await bothWays();
    const page = { limit: 9 };
    const now = T0 + MINUTE;
    for (const filter of [page, { ...page, state: 'failed' as const }, { ...page, jobId: jobId(1) }]) {
      const [here, there] = [await near.listJobs(filter), await far.listJobs(filter)];
      const shown = (jobs: typeof here) =>
        jobs.items.map(({ observation, eta, attestations }) => jobView(observation, eta, attestations));
      expect(shown(there)).toEqual(shown(here));
    }
    for (const filter of [page, { ...page, onlyHappened: true }, { ...page, target: 'nowhere*' }]) {
      const [here, there] = [await near.listEvents(filter), await far.listEvents(filter)];
      expect(there.items.map(transitionView)).toEqual(here.items.map(transitionView));
    }
    const deliveries = [await near.listDeliveries(page), await far.listDeliveries(page)];
    const [here, there] = deliveries.map(({ items }) => items.map(listedDeliveryView));
    expect(there).toEqual(here);
    const mutes = [await near.listMutes({}), await far.listMutes({})];
    expect(mutes[1]?.map((each) => muteView(each, now))).toEqual(
      mutes[0]?.map((each) => muteView(each, now)),
    );
  });

  it('explains who was told and why as its store does, by the routes that it has in force', async () => {
    const found = { occurredAt: T0, detectedAt: T0 + HOUR };
    const base = anEvent('failed', { ...found, id: '5', late: true });
    const late = { ...base, subject: { ...jobSubjectOf(base), lastLookAt: T0 - MINUTE } };
    const blind = anEvent('watch_failing', { detectedAt: T0 - 10_000 });
    const { near, far, store, telling } = await bothWays();
    store.content.events.unshift(recorded(late, [{ channel: 'gone' }]), recorded(blind));
    const routes = await telling();
    expect(routes).toEqual({ routes: [aRoute()], channels: ['oncall'], fallbacks: [] });
    const explain = async (records: typeof near) =>
      Promise.all(
        (await records.listEvents({ limit: 9 })).items.map(async (one) =>
          whyView(await whyOf(records, one, routes)),
        ),
      );
    const [here, there] = [await explain(near), await explain(far as typeof near)];
    expect(there).toEqual(here);
    expect(there[0]).toMatchObject({
      channels: [{ channel: 'oncall' }, { channel: 'gone', told: true }],
      blindness: {
        lastLookAt: '2026-11-02T07:59:05.000Z',
        alert: { detectedAt: '2026-11-02T07:59:55.000Z' },
      },
    });
  });

  it('goes on where a page ended, and gives the audit log with its end', async () => {
    const { near, far } = await bothWays();
    const first = await far.listJobs({ limit: 1 });
    const second = await far.listJobs({ limit: 1, cursor: first.nextCursor ?? '' });
    const ids = [...first.items, ...second.items].map(({ observation }) => observation.jobId);
    expect(ids).toEqual([jobId(1), jobId(2)]);
    expect(second.nextCursor).toBeNull();
    expect(await near.readAudit(1, 9)).toMatchObject(await far.readAudit(1, 9));
    expect(await far.lastCheckpoint()).toEqual(await near.lastCheckpoint());
  });

  it('understands ids, redrives, mutes and ends mutes', async () => {
    const { far } = await bothWays();
    expect(await far.resolveJob(`${jobId(2).slice(0, 4)}...2`)).toBe(jobId(2));
    await expect(far.resolveJob(jobId(1).slice(0, 6))).rejects.toMatchObject({
      code: 'ambiguous_id',
      candidates: [{ id: jobId(2) }, { id: jobId(1) }],
    });
    expect(await far.resolveJob('7777')).toBe('7777');
    const asked = { ...OPEN_SCOPE, watch: 'orders', author: 'bob', reason: 'why', every: null, forMs: HOUR };
    const added = await far.addMute(asked);
    expect(added.mute).toMatchObject({ id: 2, author: 'bob', until: T0 + MINUTE + HOUR });
    expect(await far.removeMute(2, 'ann')).toMatchObject({ removed: { by: 'ann' } });
    expect(await far.removeMute(2, 'ann')).toBeNull();
    const id = `${anEvent('failed').id}:oncall`;
    expect(await far.redrive({ kind: 'ids', ids: [id] })).toEqual({
      ...{ redriven: [], refused: [id], cutShort: null },
    });
    expect(await far.redrive({ kind: 'given_up', channel: null })).toEqual({
      ...{ redriven: [], refused: [], cutShort: null },
    });
  });

  it('that wants another token, or is none of ours, is said to', async () => {
    const { server, clock } = await bothWays();
    const ask = (token: string | null, url = server.url) =>
      connectDaemon({ url, token }, { clock }).records.listJobs({ limit: 1 });
    await expect(ask(null)).rejects.toThrow('demands a token');
    await expect(ask('nope')).rejects.toThrow('does not take this token');
    await expect(ask(TOKEN, 'http://127.0.0.1:9')).rejects.toThrow('ECONNREFUSED');
  });

  it.each([
    ['a page', (response: ServerResponse) => response.end('<html>'), 'status 200, and no answer of ours'],
    ['JSON of something else', (response: ServerResponse) => response.end('{}'), 'came back with no "items"'],
    [
      'a redirect',
      (response: ServerResponse) => response.writeHead(302, { location: '/login' }).end('{"error":"x"}'),
      'status 302, and no answer of ours',
    ],
    [
      'a proxy that fails',
      (response: ServerResponse) => response.writeHead(502).end('Bad Gateway'),
      'status 502, and no answer of ours',
    ],
    [
      'a refusal',
      (response: ServerResponse) => response.writeHead(503).end('{"error":"busy","hint":"wait"}'),
      'refuses GET /api/v1/jobs (status 503): busy',
    ],
    ['nothing', (response: ServerResponse) => response.destroy(), 'asked for GET /api/v1/jobs: no answer'],
  ])('is named with what was asked and what came, when that is %s', async (_what, answer, said) => {
    const url = await answering(answer);
    const { records } = connectDaemon({ url, token: null }, { clock: createManualClock(T0) });
    const fault = await records.listJobs({ limit: 1 }).catch((thrown: unknown) => thrown);
    expect(fault).toBeInstanceOf(WatcherError);
    const { message, hint } = fault as WatcherError;
    expect(message).toContain(said);
    expect(message).toContain('GET /api/v1/jobs');
    expect(message).toContain(new URL(url).host);
    expect(hint).toMatch(/\w/);
  });

  it('whose report is of another shape is not taken for ours', async () => {
    const report = { asOf: '', ok: true, daemon: {}, config: {}, store: {}, problems: [], warnings: [] };
    const url = await answering((response) => response.end(JSON.stringify({ ...report, watches: {} })));
    const daemon = connectDaemon({ url, token: null }, { clock: createManualClock(T0) });
    await expect(daemon.status()).rejects.toThrow('came back with no "watches"');
  });

  it('that ends while several are redriven leaves told what was done', async () => {
    let asked = 0;
    const url = await answering((response) => {
      asked += 1;
      if (asked === 3) response.destroy();
      else response.end(JSON.stringify({ id: `id-${asked}`, redriven: asked === 1 }));
    });
    const { records } = connectDaemon({ url, token: null }, { clock: createManualClock(T0) });
    const ids = ['1111', '2222', '3333', '4444'];
    const came = await records.redrive({ kind: 'ids', ids });
    expect(came).toMatchObject({
      redriven: ['id-1'],
      refused: ['id-2'],
      cutShort: { at: '3333', left: ['4444'], fault: { code: 'daemon_unreachable' } },
    });
    expect(came.cutShort?.fault.hint).toContain('It may have been done all the same');
  });
});

describe('writes over HTTP', () => {
  it('are refused where no token is set, and say what is wrong with what was sent', async () => {
    const clock = createManualClock(T0);
    const { server } = await serve({});
    const open = connectDaemon({ url: server.url, token: null }, { clock }).records;
    const request = {
      ...{ ...OPEN_SCOPE, watch: 'orders', author: 'ann', reason: 'r', every: null, forMs: HOUR },
    };
    await expect(open.addMute(request)).rejects.toMatchObject({
      message: expect.stringContaining('nobody may act without a token'),
      hint: expect.stringContaining('leave out --server'),
    });
    const { far } = await bothWays();
    await expect(far.addMute({ ...request, forMs: 0 })).rejects.toThrow('forMs cannot be that');
    await expect(far.addMute({ ...request, events: ['channel_failing'] })).rejects.toThrow(
      'events cannot be',
    );
    await expect(far.addMute({ ...request, reason: ' ' })).rejects.toThrow('reason is missing');
    const yearly = { schedule: '0 0 1 1 *', timeZone: 'UTC' };
    for (const [over, said] of [
      [{ every: { ...yearly, schedule: 'daily' } }, 'every cannot be that'],
      [{ every: { ...yearly, timeZone: 'Wien' } }, 'every cannot be that'],
      [{ labels: {} }, 'labels cannot be that'],
    ] as const) {
      await expect(far.addMute({ ...request, ...over })).rejects.toThrow(said);
    }
  });

  it('refuse what makes no sense as the store does: the same words, hint and exit code', async () => {
    const { near, far } = await bothWays();
    const asked = { ...OPEN_SCOPE, author: 'ann', reason: 'r', every: null, forMs: HOUR };
    for (const over of [
      { job: '7777' },
      { job: 'x!' },
      { job: jobId(1).slice(0, 6) },
      { job: jobId(1), events: ['drill_overdue' as const] },
    ]) {
      const [here, there] = await Promise.all(
        [near, far].map(async ({ addMute }) => explain(await addMute({ ...asked, ...over }).catch(toError))),
      );
      expect(there?.lines).toEqual(here?.lines);
      expect([here?.exitCode, there?.exitCode]).toEqual([2, 2]);
    }
  });

  it('keep a mute of less than a watch that comes round, and say what fits nothing', async () => {
    const { far } = await bothWays();
    const every = { schedule: '0 0 1 1 *', timeZone: 'Europe/Vienna' };
    const scope = {
      ...OPEN_SCOPE,
      target: '*-copy',
      job: `${jobId(2).slice(0, 4)}...2`,
      labels: { team: 'pay*' },
    };
    const { mute, warnings } = await far.addMute({
      ...scope,
      author: 'ann',
      reason: 'r',
      every,
      forMs: HOUR,
    });
    expect(mute).toMatchObject({
      ...{ watch: '*', target: '*-copy', job: jobId(2), labels: { team: 'pay*' }, until: null },
      recurs: { ...every, forMs: HOUR },
    });
    expect(warnings).toEqual([]);
    await expect(
      far.addMute({ ...OPEN_SCOPE, job: '7777', author: 'ann', reason: 'r', every: null, forMs: HOUR }),
    ).rejects.toThrow('no restore job on record has the id 7777');
    const nowhere = {
      ...OPEN_SCOPE,
      instance: 'nowhere',
      author: 'ann',
      reason: 'r',
      every: null,
      forMs: HOUR,
    };
    expect((await far.addMute(nowhere)).warnings).toEqual([expect.stringContaining('"nowhere"')]);
    expect(await far.listMutes({ inForceAt: T0 + MINUTE })).toMatchObject([
      { instance: 'nowhere' },
      { id: 1 },
    ]);
  });
});
