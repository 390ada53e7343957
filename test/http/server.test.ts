import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { StoreError } from '../../src/errors.ts';
import { aJob, anEvent, anObservation, jobId, MINUTE, T0 } from '../support/builders.ts';
import { recorded, type StoreContent } from '../support/reading-store.ts';
import { AUTH_FAULT, aWatcherStatus, aWatchStatus } from '../support/statuses.ts';
import { openEmbeddedStore } from '../support/test-store.ts';
import { APPLIED, ask, NONE, serve } from './serve.ts';

const FAILING = aWatcherStatus({
  watches: [aWatchStatus({ fault: AUTH_FAULT, sinceSuccessMs: 7 * MINUTE })],
});

describe('health over HTTP', () => {
  it('answers 200 while all is well', async () => {
    const { get } = await serve();
    expect(await get('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await get('/readyz')).toMatchObject({ status: 200, body: { status: 'ready', reasons: [] } });
  });

  it('answers 503 on /readyz with the reasons while a watch is blind, and stays live', async () => {
    const { get } = await serve({}, { status: () => FAILING });
    expect((await get('/healthz')).status).toBe(200);
    const ready = await get('/readyz');
    expect(ready.status).toBe(503);
    expect(ready.body.reasons).toEqual([expect.stringContaining('Atlas refuses the credentials')]);
  });

  it('answers 503 on /healthz when the loop hangs', async () => {
    const { get } = await serve({}, { status: () => aWatcherStatus({ sinceHeartbeatMs: 60_000 }) });
    expect(await get('/healthz')).toMatchObject({ status: 503, body: { status: 'hanging' } });
  });

  it('answers HEAD with the status and no body', async () => {
    const { server } = await serve();
    expect(await ask(`${server.url}/readyz`, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });
});

describe('the JSON reads', () => {
  const failed = anObservation(aJob(['failed'], { id: jobId(2) }));
  const content = (): StoreContent => ({
    observations: [failed, anObservation()],
    events: [
      recorded(anEvent('failed', { job: aJob(['failed'], { id: jobId(2) }) }), [
        { channel: 'dba' },
        { channel: 'siem', status: 'given_up', lastDetail: 'HTTP 404' },
      ]),
      recorded(anEvent('started', { detectedAt: T0 + MINUTE }), [], 'no_route'),
    ],
  });

  it('lists jobs with what is on record of them, in ISO times', async () => {
    const { get } = await serve(content());
    const { status, body } = await get('/api/v1/jobs');
    expect(status).toBe(200);
    expect(body.nextCursor).toBeNull();
    expect(body.items).toHaveLength(2);
    expect(body.items[0]).toMatchObject({
      id: jobId(2),
      watch: 'orders',
      state: 'failed',
      milestones: ['started', 'failed'],
      firstSight: 'new',
      missingSince: null,
      job: { createdAt: '2026-11-02T08:00:05.000Z', finishedAt: '2026-11-02T08:14:05.000Z' },
    });
  });

  it('says of running jobs, and of no others, when they should end', async () => {
    const durations = [{ deliveryType: 'automated', durationMs: 12 * MINUTE }];
    const gone = anObservation(aJob([], { id: jobId(3) }), { missingSince: T0 });
    const { get } = await serve({ ...content(), observations: [gone, failed, anObservation()], durations });
    const none = { expectedEnd: null, expectedEndBasis: null };
    const end = {
      expectedEnd: '2026-11-02T08:12:05.000Z',
      expectedEndBasis: 'history',
      usualMs: 12 * MINUTE,
    };
    expect((await get('/api/v1/jobs')).body.items).toMatchObject([none, none, end]);
    expect((await get(`/api/v1/jobs/${jobId(1)}`)).body).toMatchObject(end);
    expect((await get(`/api/v1/jobs/${jobId(2)}`)).body).toMatchObject(none);
  });

  it('filters jobs by watch and state', async () => {
    const { get } = await serve(content());
    expect((await get('/api/v1/jobs?state=in_progress')).body.items.map(({ id }) => id)).toEqual([jobId(1)]);
    expect((await get('/api/v1/jobs?watch=billing')).body.items).toEqual([]);
  });

  it('gives pages that join to the whole by their cursor', async () => {
    const { get } = await serve(content());
    const first = await get('/api/v1/jobs?limit=1');
    const second = await get(`/api/v1/jobs?limit=1&cursor=${first.body.nextCursor}`);
    expect([...first.body.items, ...second.body.items].map(({ id }) => id)).toEqual([jobId(2), jobId(1)]);
    expect(second.body.nextCursor).toBeNull();
  });

  it('shows one job with its history', async () => {
    const { get } = await serve(content());
    const { status, body } = await get(`/api/v1/jobs/${jobId(2)}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: jobId(2), state: 'failed', alsoWatchedBy: [] });
    expect(body.transitions).toMatchObject([{ event: 'failed', deliveries: [{ channel: 'dba' }, {}] }]);
  });

  it('names the other watches that follow the same job, and shows their view when asked', async () => {
    const again = anObservation(failed.job ?? undefined, { watch: 'audit', changedAt: failed.changedAt - 1 });
    const { get } = await serve({ observations: [again, failed] });
    expect((await get(`/api/v1/jobs/${jobId(2)}`)).body).toMatchObject({
      watch: 'orders',
      alsoWatchedBy: ['audit'],
    });
    expect((await get(`/api/v1/jobs/${jobId(2)}?watch=audit`)).body).toMatchObject({ watch: 'audit' });
  });

  it('answers 404 for a job that is not on record', async () => {
    const { get } = await serve(content());
    expect(await get(`/api/v1/jobs/${jobId(9)}`)).toMatchObject({
      status: 404,
      body: { error: 'no such job on record', hint: expect.any(String) },
    });
  });

  it('lists transitions with what became of them', async () => {
    const { get } = await serve(content());
    const { body } = await get('/api/v1/transitions');
    expect(body.items).toMatchObject([
      {
        event: 'failed',
        from: 'in_progress',
        to: 'failed',
        occurredAt: '2026-11-02T08:14:05.000Z',
        suppressed: null,
        deliveries: [
          { channel: 'dba', status: 'delivered', nextAttemptAt: null, endedAt: '2026-11-02T08:15:06.000Z' },
          { channel: 'siem', status: 'given_up', detail: 'HTTP 404' },
        ],
      },
      { event: 'started', suppressed: 'no_route', deliveries: [] },
    ]);
  });

  it('lists what has happened, and neither reminders nor samples', async () => {
    const { get } = await serve(content());
    const before = (await get('/api/v1/transitions')).body.items.length;
    const again = anEvent('started', { id: 'again', reminder: { number: 1, since: T0 } });
    const sample = anEvent('failed', { id: 'sample', test: true });
    const more = content();
    more.events?.push(
      ...[again, sample].map((event) => ({ event, suppressed: null, mute: null, deliveries: [] })),
    );
    const after = await serve(more);
    expect((await after.get('/api/v1/transitions')).body.items).toHaveLength(before);
    expect((await after.get(`/api/v1/jobs/${jobId(1)}`)).body.transitions).toHaveLength(1);
  });

  it('filters transitions by job, watch and time', async () => {
    const { get } = await serve(content());
    const names = async (query: string) =>
      (await get(`/api/v1/transitions?${query}`)).body.items.map(({ event }) => event);
    expect(await names(`job=${jobId(1)}`)).toEqual(['started']);
    expect(await names('watch=billing')).toEqual([]);
    expect(await names('since=2026-11-02T08:10:00Z')).toEqual(['failed']);
  });

  it('lists deliveries with what they are about, by channel and status', async () => {
    const { get } = await serve(content());
    const { body } = await get('/api/v1/deliveries?status=given_up&channel=siem');
    expect(body.items).toMatchObject([
      { channel: 'siem', status: 'given_up', event: 'failed', watch: 'orders', jobId: jobId(2) },
    ]);
    expect((await get('/api/v1/deliveries?status=pending')).body.items).toEqual([]);
  });

  it('lists watches with their fault, in pages', async () => {
    const watches = [aWatchStatus(), aWatchStatus({ watch: 'billing', fault: AUTH_FAULT })];
    const { get } = await serve({}, { status: () => aWatcherStatus({ watches }) });
    const first = await get('/api/v1/watches?limit=1');
    expect(first.body).toMatchObject({ items: [{ watch: 'orders', fault: null }], nextCursor: '1' });
    const second = await get('/api/v1/watches?limit=1&cursor=1');
    expect(second.body).toMatchObject({
      items: [{ watch: 'billing', fault: { reason: 'auth', since: '2026-11-02T08:00:05.000Z' } }],
      nextCursor: null,
    });
    expect((await get('/api/v1/watches?watch=billing')).body.items).toHaveLength(1);
  });

  it.each([
    ['/api/v1/jobs?limit=0', 'limit cannot be "0"'],
    ['/api/v1/jobs?limit=501', 'limit cannot be "501"'],
    ['/api/v1/jobs?limit=ten', 'limit cannot be "ten"'],
    ['/api/v1/jobs?state=done', 'state cannot be "done"'],
    ['/api/v1/jobs?stat=failed', 'unknown parameter "stat"'],
    ['/api/v1/jobs?watch=a&watch=b', 'parameter watch is given twice'],
    ['/api/v1/deliveries?status=lost', 'status cannot be "lost"'],
    ['/api/v1/transitions?since=yesterday', 'since is not a time: "yesterday"'],
    ['/api/v1/watches?cursor=x', 'cursor is not one of ours'],
  ])('refuses %s with 400 and a hint', async (path, error) => {
    const { get } = await serve(content());
    expect(await get(path)).toMatchObject({ status: 400, body: { error, hint: expect.any(String) } });
  });

  it('answers 503 without details while the store cannot be read, and logs why', async () => {
    const { get, store, logged } = await serve();
    store.fault = new StoreError('unavailable', 'cannot open the file at its path');
    const answer = await get('/api/v1/jobs');
    expect(answer.status).toBe(503);
    expect(answer.text).not.toContain('path"');
    expect(answer.text).not.toContain('cannot open');
    expect(logged).toMatchObject([{ level: 'error', fields: { path: '/api/v1/jobs', err: store.fault } }]);
  });

  it('logs a fault once for each route however often it is asked for, and says when it has ended', async () => {
    const { get, store, logged } = await serve();
    store.fault = new StoreError('unavailable', 'cannot open the file');
    for (const id of [1, 2, 3]) expect((await get(`/api/v1/jobs/${jobId(id)}`)).status).toBe(503);
    expect(logged).toHaveLength(1);
    store.fault = null;
    expect((await get(`/api/v1/jobs/${jobId(1)}`)).status).toBe(404);
    expect(logged.slice(1)).toMatchObject([
      { level: 'info', message: 'Requests are answered again', fields: { times: 3 } },
    ]);
  });

  it('answers 500 without details for a fault of its own', async () => {
    const { get, store } = await serve();
    store.fault = new Error('inner secret');
    const answer = await get('/api/v1/jobs');
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('inner secret');
  });
});

describe('the JSON reads over a real store', () => {
  it('page through jobs, transitions and deliveries, and refuse a cursor that was never given', async () => {
    const store = await openEmbeddedStore();
    const jobs = [1, 2, 3].map((number) => aJob(['failed'], { id: jobId(number), createdAt: T0 + number }));
    await store.commitPoll({
      targetKey: 'orders/serverless/p/orders',
      watch: 'orders',
      at: T0,
      takesBaseline: true,
      observations: jobs.map((job) => anObservation(job)),
      events: jobs.map((job) => ({
        event: anEvent('failed', { job }),
        channels: ['siem'],
        suppressed: null,
      })),
      audit: [],
    });
    const { get } = await serve({}, { store });
    for (const list of ['jobs', 'transitions', 'deliveries']) {
      const seen: unknown[] = [];
      let query = 'limit=2';
      for (let pages = 0; pages < 2; pages += 1) {
        const { body } = await get(`/api/v1/${list}?${query}`);
        seen.push(...body.items.map(({ id }) => id));
        query = `limit=2&cursor=${body.nextCursor}`;
        if (pages === 1) expect(body.nextCursor).toBeNull();
      }
      expect(new Set(seen).size).toBe(3);
      expect(await get(`/api/v1/${list}?cursor=made-up`)).toMatchObject({
        status: 400,
        body: { error: 'cursor is not one of ours' },
      });
    }
    await store.close();
  });
});

describe('any answer', () => {
  it('serves the metrics as text', async () => {
    const { get } = await serve();
    expect(await get('/metrics')).toMatchObject({
      status: 200,
      text: 'up{format="prometheus"} 1\n',
      headers: { 'content-type': 'text/plain; version=0.0.4', vary: 'Accept, Accept-Encoding' },
    });
  });

  it.each([
    ['application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', 'openmetrics'], // biome-ignore format: as Prometheus asks
    ['application/openmetrics-text;q=0.5,text/plain', 'prometheus'],
    ['text/html,*/*;q=0.8', 'prometheus'],
    ['application/openmetrics-text', 'openmetrics'],
  ])('serves the metrics in the format that %s prefers', async (accept, format) => {
    const { get } = await serve();
    expect((await get('/metrics', { accept })).text).toBe(`up{format="${format}"} 1\n`);
  });

  it.each(['/healthz', '/api/v1/jobs', '/api/v1/jobs?limit=0', '/nowhere', '/metrics'])(
    'carries the protective headers on %s',
    async (path) => {
      const { get } = await serve();
      expect((await get(path)).headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
    },
  );

  it('is 404 with the known paths elsewhere', async () => {
    const { get } = await serve();
    expect(await get('/nowhere')).toMatchObject({
      status: 404,
      body: { error: 'no such path', hint: expect.stringContaining('/api/v1/jobs') },
    });
  });

  it('is 405 for anything but reading', async () => {
    const { server } = await serve();
    const answer = await ask(`${server.url}/api/v1/jobs`, { method: 'POST' });
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  it('leaves the Request and Response of the process alone', async () => {
    const before = [globalThis.Request, globalThis.Response];
    await serve();
    expect([globalThis.Request, globalThis.Response]).toEqual(before);
  });
});

describe('who may read', () => {
  const token = 'a-long-enough-token';

  it('demands the token everywhere but for health', async () => {
    const { get } = await serve({}, { token: () => token });
    for (const path of ['/api/v1/jobs', '/metrics', '/nowhere']) {
      expect(await get(path)).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': 'Bearer' },
        body: { error: 'a token is needed' },
      });
    }
    expect((await get('/healthz')).status).toBe(200);
  });

  it.each([
    ['', 401],
    ['Bearer', 401],
    ['Bearer wrong', 401],
    [`Bearer ${token}x`, 401],
    [`Basic ${token}`, 401],
    [token, 401],
    [`Bearer ${token}`, 200],
    [`bearer ${token}`, 200],
  ])('answers %j with %i', async (authorization, status) => {
    const { get } = await serve({}, { token: () => token });
    expect((await get('/api/v1/jobs', { authorization })).status).toBe(status);
  });

  it('lets whoever shows the token of those who look read, and not act', async () => {
    const viewToken = 'a-token-for-looking';
    const reload = vi.fn(async () => APPLIED);
    const { server, get } = await serve({}, { token: () => token, viewToken, reload });
    const viewer = { authorization: `Bearer ${viewToken}` };
    expect((await get('/api/v1/jobs', viewer)).status).toBe(200);
    expect((await get('/metrics', viewer)).status).toBe(200);
    expect((await get('/readyz', viewer)).body).toHaveProperty('reasons');
    expect(await ask(`${server.url}/-/reload`, { method: 'POST', headers: viewer })).toMatchObject({
      status: 403,
      body: { error: 'this token may read, and not act', hint: 'send the one of server.token' },
    });
    expect(reload).not.toHaveBeenCalled();
    expect((await get('/api/v1/jobs', { authorization: `Bearer ${token}` })).status).toBe(200);
  });

  it('demands a token to read where there is only one for looking, and lets nobody act', async () => {
    const viewToken = 'a-token-for-looking';
    const { server, get } = await serve({}, { viewToken });
    expect((await get('/api/v1/jobs')).status).toBe(401);
    const headers = { authorization: `Bearer ${viewToken}` };
    expect((await get('/api/v1/jobs', headers)).status).toBe(200);
    expect(await ask(`${server.url}/-/reload`, { method: 'POST', headers })).toMatchObject({
      status: 403,
      body: { error: 'nobody may act without a token' },
    });
  });

  it('tells the reasons of /readyz only to those with the token', async () => {
    const { get } = await serve({}, { token: () => token, status: () => FAILING });
    expect((await get('/readyz')).body).toEqual({ status: 'not_ready' });
    expect((await get('/readyz', { authorization: `Bearer ${token}` })).body).toEqual({
      status: 'not_ready',
      reasons: [expect.stringContaining('Atlas refuses')],
    });
  });

  it.each([
    ['localhost', 200],
    ['LOCALHOST:8080', 200],
    ['127.0.0.1:8080', 200],
    ['[::1]:8080', 200],
    ['evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['localhost.evil.example:8080', 421],
    ['0.0.0.0', 421],
  ])('on a loopback address, answers the host name %s with %i', async (host, status) => {
    const { get } = await serve();
    for (const path of ['/healthz', '/api/v1/jobs']) expect((await get(path, { host })).status).toBe(status);
  });

  it('answers under any name on an address that others can reach', async () => {
    const { server } = await serve({}, { host: '0.0.0.0', token: () => token });
    const url = server.url.replace('0.0.0.0', '127.0.0.1');
    expect((await ask(`${url}/healthz`, { headers: { host: 'watcher.internal' } })).status).toBe(200);
  });

  it('does not start on an address that others can reach without a token', async () => {
    await expect(serve({}, { host: '0.0.0.0' })).rejects.toMatchObject({
      code: 'server_token',
      hint: expect.stringContaining('server.token'),
    });
  });
});

describe('starting and stopping', () => {
  it('says so when the port is taken', async () => {
    const { server } = await serve();
    const port = Number(new URL(server.url).port);
    await expect(serve({}, { port })).rejects.toMatchObject({
      code: 'server_listen',
      message: `cannot listen on 127.0.0.1:${port} (EADDRINUSE)`,
      hint: expect.stringContaining('server.port'),
    });
  });

  it('closes at once although clients keep their connections open', async () => {
    const { server } = await serve({}, { closeGraceMs: 3_600_000 });
    await (await fetch(`${server.url}/healthz`)).text();
    await Promise.all([server.close(), server.close()]);
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  });

  it('closes although a client has connected and says nothing', async () => {
    const { server } = await serve();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    await server.close();
    if (!socket.closed) await once(socket, 'close');
  });

  it('finishes the request in hand before it closes', async () => {
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const render = async () => {
      asked.resolve();
      await gate.promise;
      return { contentType: 'text/plain', text: 'late but whole' };
    };
    const { server, get } = await serve({}, { metrics: { render } });
    const answer = get('/metrics');
    await asked.promise;
    const closed = server.close();
    gate.resolve();
    expect((await answer).text).toBe('late but whole');
    await closed;
  });
});

describe('a reload', () => {
  const token = 'a-long-enough-token';
  const authorization = `Bearer ${token}`;
  const post = (url: string, headers = {}) => ask(`${url}/-/reload`, { method: 'POST', headers });

  it('is asked for with the token, and tells what has changed', async () => {
    const applied = { ...APPLIED, watches: { ...NONE, added: ['carts'] } };
    const reload = vi.fn(async () => applied);
    const { server } = await serve({}, { token: () => token, reload });
    expect(await post(server.url)).toMatchObject({ status: 401 });
    expect(reload).not.toHaveBeenCalled();
    expect(await post(server.url, { authorization })).toMatchObject({
      status: 200,
      body: { status: 'reloaded', watches: { added: ['carts'] } },
    });
    expect(reload).toHaveBeenCalledOnce();
  });

  it('is refused where no token is set, since any web page could ask for it', async () => {
    const reload = vi.fn(async () => APPLIED);
    const { server } = await serve({}, { reload });
    expect(await post(server.url)).toMatchObject({
      status: 403,
      body: { hint: expect.stringContaining('SIGHUP') },
    });
    expect(reload).not.toHaveBeenCalled();
  });

  it('answers with every fault of a configuration that cannot be used', async () => {
    const issues = [{ path: 'watches[0].schedule', message: 'expected a cron expression' }];
    const { server } = await serve(
      {},
      { token: () => token, reload: async () => ({ kind: 'rejected', issues }) },
    );
    expect(await post(server.url, { authorization })).toMatchObject({
      status: 422,
      body: { error: expect.stringContaining('stays in force'), faults: issues },
    });
  });

  it('is not done by a GET', async () => {
    const { get } = await serve({}, { token: () => token });
    expect(await get('/-/reload', { authorization })).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
    });
  });

  it('shows in /readyz what is wrong with the configuration, and that the watcher is ready all the same', async () => {
    const issues = [{ path: 'watches[0].kind', message: 'expected one of …' }];
    const { get } = await serve({}, { configFault: () => ({ since: T0, issues }) });
    expect(await get('/readyz')).toMatchObject({
      status: 200,
      body: {
        status: 'ready',
        warnings: [
          expect.stringMatching(/since 2026-11-02T08:00:05.*in force: watches\[0\]\.kind: expected/),
        ],
      },
    });
  });

  it('warns in /readyz of a heartbeat that is not heard, and only those who may know; the watcher is ready all the same', async () => {
    const fault = { kind: 'doubtful', detail: 'HTTP 200: OK (not found)', hint: 'look', since: T0 } as const;
    const { get } = await serve({}, { heartbeatFault: () => fault, token: () => 'secret-token' });
    expect(await get('/readyz', { authorization: 'Bearer secret-token' })).toMatchObject({
      status: 200,
      body: {
        status: 'ready',
        reasons: [],
        warnings: [
          'the heartbeat is answered, and most likely not noted, since 2026-11-02T08:00:05Z: HTTP 200: OK (not found). Look',
        ],
      },
    });
    const { status, body } = await get('/readyz');
    expect([status, body]).toEqual([200, { status: 'ready' }]);
  });
});
