import { describe, expect, it } from 'vitest';
import { aJob, anEvent, anObservation, HOUR, jobId, MINUTE, T0 } from '../support/builders.ts';
import { readingStore, recorded } from '../support/reading-store.ts';
import { aConfig, cli, NOW } from './harness.ts';

const lines = (text: string) => text.trimEnd().split('\n');

describe('jobs', () => {
  const observations = [
    anObservation(aJob(['failed'], { id: jobId(2), errorMessage: 'index build failed' }), {
      changedAt: NOW - 2 * MINUTE,
    }),
    anObservation(aJob([], { createdAt: NOW - 14 * MINUTE }), { changedAt: NOW - 14 * MINUTE }),
  ];

  it('shows state, job, watch, way, duration and last change in aligned columns', async () => {
    const { code, out } = await cli(['jobs'], { store: readingStore({ observations }) });
    expect(code).toBe(0);
    expect(lines(out)).toEqual([
      'STATE        JOB                       WATCH   FROM → TO             TOOK    CHANGED',
      `failed       ${jobId(2)}  orders  orders → orders-copy  14 min  2 min ago`,
      `in_progress  ${observations[1]?.jobId}  orders  orders → orders-copy  14 min  14 min ago`,
      '',
      `${jobId(2).slice(0, 4)}…0002 Atlas says: index build failed`,
    ]);
  });

  it('shows when a restore finished that was found long after', async () => {
    const finishedAt = NOW - 3 * 24 * HOUR;
    const job = aJob(['finished'], { id: jobId(3), createdAt: finishedAt - 4 * MINUTE, finishedAt });
    const past = anObservation(job, { changedAt: NOW - 12_000 });
    const { out } = await cli(['jobs'], { store: readingStore({ observations: [past] }) });
    expect(lines(out)[1]).toMatch(/ +3 d ago$/);
  });

  it('shows when a running job should end, where its progress or the history of its instance tells', async () => {
    const durations = [{ deliveryType: 'automated', durationMs: 20 * MINUTE }];
    const halfDone = anObservation(
      aJob([], { id: jobId(5), createdAt: NOW - 4 * MINUTE, progress: { done: 1, total: 2 } }),
    );
    const store = readingStore({ observations: [...observations, halfDone], durations });
    const { out } = await cli(['jobs'], { store });
    expect(lines(out)[0]).toMatch(/ TOOK +CHANGED, ETA$/);
    expect(lines(out)[1]).toMatch(/^failed .* 14 min +2 min ago$/);
    expect(lines(out)[2]).toMatch(/ 14 min +about 6 min left$/);
    expect(lines(out)[3]).toMatch(/ 4 min +50 %, about 4 min left$/);
    const { items } = (await cli(['jobs', '--json'], { store })).json();
    expect(items).toMatchObject([
      { expectedEnd: null, expectedEndBasis: null },
      {
        expectedEnd: new Date(NOW + 6 * MINUTE).toISOString(),
        expectedEndBasis: 'history',
        usualMs: 20 * MINUTE,
      },
      { expectedEnd: new Date(NOW + 4 * MINUTE).toISOString(), expectedEndBasis: 'progress' },
    ]);
  });

  it('says when a job takes longer than usual', async () => {
    const durations = [{ deliveryType: 'automated', durationMs: 4 * MINUTE }];
    const { out } = await cli(['jobs'], { store: readingStore({ observations, durations }) });
    expect(lines(out)[2]).toMatch(/ 14 min +over the usual 4 min$/);
  });

  it('fits 100 columns, also while jobs run', async () => {
    const running = anObservation(
      aJob([], { id: jobId(5), createdAt: NOW - 74 * MINUTE - 1_000, progress: { done: 1, total: 2 } }),
      { watch: 'orders-europe-west' },
    );
    const { out } = await cli(['jobs'], {
      store: readingStore({ observations: [...observations, running] }),
      terminal: 100,
      env: { NO_COLOR: '1' },
    });
    for (const line of lines(out)) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('filters by watch and state', async () => {
    const { out } = await cli(['jobs', '--state', 'failed', '--watch', 'orders', '--json'], {
      store: readingStore({ observations }),
    });
    expect(JSON.parse(out).items).toMatchObject([{ id: jobId(2), state: 'failed' }]);
  });

  it('prints any number of them a page at a time: one table, one JSON', async () => {
    const many = Array.from({ length: 1_200 }, (_, index) =>
      anObservation(aJob(['finished'], { id: jobId(index + 1) })),
    );
    const store = readingStore({ observations: many });
    const asked: number[] = [];
    const { listObservations } = store;
    store.listObservations = (filter) => {
      asked.push(filter.limit);
      return listObservations(filter);
    };
    const { out } = await cli(['jobs', '--limit', '1000000'], { store });
    expect(lines(out)).toHaveLength(1_201);
    expect(lines(out)[1_200]).toMatch(/^finished +\S+04b0 /);
    expect(lines(out)[1_200]?.length).toBe(lines(out)[1]?.length);
    expect(Math.max(...asked)).toBeLessThanOrEqual(500);

    const json = await cli(['jobs', '--json', '--limit', '1100'], { store });
    const whole = json.json();
    expect(whole).toMatchObject({ hasMore: true });
    expect(whole.items.map(({ id }) => id)).toEqual(many.slice(0, 1_100).map(({ jobId: id }) => id));
    expect(json.out).toBe(`${JSON.stringify(whole, null, 2)}\n`);
  });

  it('prints JSON with the same fields as the HTTP reads', async () => {
    const { json } = await cli(['jobs', '--json'], { store: readingStore({ observations }) });
    expect(json()).toMatchObject({ hasMore: false, items: [{ id: jobId(2), job: { id: jobId(2) } }, {}] });
  });

  it('says when there are more than it shows', async () => {
    const store = readingStore({ observations });
    expect((await cli(['jobs', '--limit', '1'], { store })).out).toContain('--limit shows them');
    expect((await cli(['jobs', '--limit', '1', '--json'], { store })).json()).toMatchObject({
      items: [{}],
      hasMore: true,
    });
  });

  it('reads past a page of the store', async () => {
    const many = Array.from({ length: 1_200 }, (_, number) => anObservation(aJob([], { id: jobId(number) })));
    const { json } = await cli(['jobs', '--limit', '5000', '--json'], {
      store: readingStore({ observations: many }),
    });
    expect(json().items).toHaveLength(1_200);
    expect(json().hasMore).toBe(false);
  });

  it('marks jobs that have gone, that warn, and that are odd', async () => {
    const { out } = await cli(['jobs'], {
      store: readingStore({
        observations: [
          anObservation(aJob(), { missingSince: NOW - HOUR, anomaly: 'Atlas says nothing' }),
          anObservation(aJob(['finished'], { id: jobId(3), warnings: true })),
          anObservation(aJob(), { jobId: jobId(4), job: null, state: 'unknown', milestones: [] }),
        ],
      }),
    });
    expect(out).toContain('missing ');
    expect(out).toContain('has gone from Atlas; it was in_progress');
    expect(out).toContain('is odd: Atlas says nothing');
    expect(out).toContain('finished with warnings');
    expect(out).toMatch(/unknown +\S+ +orders +\? +\?/);
  });

  it('shows a restore that has ended as it ended, also when Atlas has forgotten it', async () => {
    const forgotten = (state: 'finished' | 'ready', number: number) =>
      anObservation(aJob([state], { id: jobId(number) }), { jobId: jobId(number), missingSince: NOW - HOUR });
    const { out } = await cli(['jobs'], {
      store: readingStore({ observations: [forgotten('finished', 1), forgotten('ready', 2)] }),
    });
    expect(out).toMatch(/^finished +\S*0001/m);
    expect(out).toMatch(/^missing +\S*0002/m);
    expect(out).not.toContain('it was finished');
  });

  it('keeps what Atlas sent from steering the terminal', async () => {
    const job = aJob([], { targetClusterName: 'x\u001b[2Jy\nz', errorMessage: 'a\u009b31mb' });
    const store = readingStore({ observations: [anObservation(job)] });
    const { out } = await cli(['jobs'], { store });
    expect(out).not.toMatch(/\p{Cc}(?<!\n)/u);
    expect(out).toContain('x [2Jy z');
    expect((await cli(['jobs', '--json'], { store })).out).not.toMatch(/\p{Cc}(?<!\n)/u);
  });

  it('colours on a terminal only, and not against NO_COLOR', async () => {
    const store = readingStore({ observations });
    const colour = '\u001b[';
    expect((await cli(['jobs'], { store })).out).not.toContain(colour);
    expect((await cli(['jobs'], { store, terminal: 120 })).out).toContain(colour);
    expect((await cli(['jobs'], { store, terminal: 120, env: { NO_COLOR: '1' } })).out).not.toContain(colour);
  });

  it('names the configured watches when asked for one that is not there', async () => {
    const { code, err, out } = await cli(['jobs', '--watch', 'order'], { store: readingStore() });
    expect(code).toBe(0);
    expect(err).toContain('no watch order is configured (there are: orders)');
    expect(out).toContain('No restore job on record matches');
  });
});

describe('history', () => {
  const failed = anEvent('failed', { occurredAt: T0 + 14 * MINUTE, detectedAt: T0 + 15 * MINUTE });
  const started = anEvent('started', {
    occurredAt: T0,
    detectedAt: T0 + 15 * MINUTE,
    inferred: true,
    late: true,
  });
  const events = [
    recorded(failed, [
      { channel: 'oncall', endedAt: T0 + 15 * MINUTE + 1_000 },
      {
        channel: 'siem',
        status: 'pending',
        attemptsStarted: 2,
        nextAttemptAt: T0 + 20 * MINUTE,
        lastDetail: 'HTTP 500',
      },
      {
        channel: 'dba',
        status: 'given_up',
        attemptsStarted: 1,
        endedAt: T0 + 15 * MINUTE,
        lastDetail: 'mailbox gone',
      },
      { channel: 'team', endedAt: T0 + 16 * MINUTE, insteadOf: 'dba' },
    ]),
    recorded(started, [], 'no_route'),
  ];

  it('tells in the order of time what happened, how it was found, and who was told', async () => {
    const { code, out } = await cli(['history'], { store: readingStore({ events }) });
    expect(code).toBe(0);
    const short = `${jobId(1).slice(0, 4)}…0001`;
    const indent = ' '.repeat(22);
    expect(lines(out)).toEqual([
      `2026-11-02 08:00:05Z  started  ${started.summary}`,
      `${indent}job ${jobId(1)}, watch orders`,
      `${indent}found 2026-11-02 08:15:05Z, 15 min later, inferred: nobody saw it, late`,
      `${indent}nobody was told: no route takes it`,
      '',
      `2026-11-02 08:14:05Z  failed   Restore ${short} of orders to orders-copy failed after 14 min`,
      `${indent}job ${jobId(1)}, watch orders`,
      `${indent}found 2026-11-02 08:15:05Z, 1 min later`,
      `${indent}oncall  told 2026-11-02 08:15:06Z`,
      `${indent}siem    pending after 2 attempts, next 2026-11-02 08:20:05Z: HTTP 500`,
      `${indent}dba     given up 2026-11-02 08:15:05Z after 1 attempt: mailbox gone`,
      `${indent}team    instead of dba: told 2026-11-02 08:16:05Z`,
    ]);
  });

  it.each([
    [
      { confidence: 'likely', id: 'a1', name: 'ann@example.com', address: null },
      'who began it: ann@example.com (likely)',
    ],
    [
      { confidence: 'none', because: 'no_permission' },
      'who began it: not known (none): the credential may not read the activity feed',
    ],
  ] as const)('says who began the restore, and how sure that is: %#', async (actor, says) => {
    const job = { ...aJob(['finished']), actor };
    const { out } = await cli(['history'], {
      store: readingStore({ events: [recorded(anEvent('finished', { job }))] }),
    });
    expect(out).toContain(says);
  });

  it('keeps to the time that was asked for, by when a thing was found', async () => {
    const early = recorded(
      anEvent('started', { detectedAt: NOW - 8 * 24 * HOUR, occurredAt: NOW - 8 * 24 * HOUR }),
    );
    const store = readingStore({ events: [...events, early] });
    const ids = async (...argv: string[]) =>
      (await cli(['history', ...argv, '--json'], { store })).json().items.map(({ id }) => id);
    expect(await ids()).toEqual([early.event.id, started.id, failed.id]);
    expect(await ids('--since', '7d')).toEqual([started.id, failed.id]);
    expect(await ids('--until', '2026-11-01')).toEqual([early.event.id]);
    expect(await ids('--since', '1m')).toEqual([]);
    expect(await ids('--limit', '1')).toEqual([failed.id]);
  });

  it('shows for one job what was there at first sight, and that nobody was told', async () => {
    const job = aJob(['finished', 'expired']);
    const expired = recorded(
      anEvent('expired', { job, occurredAt: T0 + 74 * MINUTE, detectedAt: T0 + 75 * MINUTE }),
    );
    const store = readingStore({
      observations: [anObservation(job, { firstSight: 'baseline', firstSeenAt: T0 + 60 * MINUTE })],
      events: [expired],
    });
    const { code, out } = await cli(['history', job.id], { store });
    expect(code).toBe(0);
    expect(out.match(/nobody was told: it was there at first sight \(baseline\)/g)).toHaveLength(2);
    const { json } = await cli(['history', job.id, '--json'], { store });
    expect(json().items).toMatchObject([
      { event: 'started', suppressed: 'baseline', deliveries: [], detectedAt: '2026-11-02T09:00:05.000Z' },
      { event: 'finished', suppressed: 'baseline', occurredAt: '2026-11-02T08:14:05.000Z' },
      { event: 'expired', suppressed: null },
    ]);
  });

  it('does not call silent what was announced to nobody for another reason', async () => {
    const job = aJob(['failed']);
    const store = readingStore({ observations: [anObservation(job, { firstSight: 'new' })], events: [] });
    expect((await cli(['history', job.id], { store })).out).not.toContain('first sight');
  });

  it('fails for a job that is not on record', async () => {
    const { code, out } = await cli(['history', jobId(9)], { store: readingStore() });
    expect(code).toBe(1);
    expect(out).toContain(`Nothing is on record for job ${jobId(9)}.`);
  });

  it('says so in a sentence when nothing has happened, or nothing within the limits', async () => {
    const store = readingStore();
    expect((await cli(['history'], { store })).out).toContain('Nothing has happened since the watch began.');
    expect((await cli(['history', '--since', '7d'], { store })).out).toContain('within these limits');
  });
});

describe('deliveries', () => {
  const events = [
    recorded(anEvent(), [
      { channel: 'oncall', endedAt: NOW - MINUTE },
      {
        channel: 'siem',
        status: 'given_up',
        endedAt: NOW - 2 * HOUR,
        attemptsStarted: 9,
        attemptsFinished: 8,
        lastDetail: 'HTTP 404',
      },
      { channel: 'dba', status: 'pending', nextAttemptAt: NOW + 10 * MINUTE, lastDetail: null },
      {
        channel: 'team',
        status: 'pending',
        nextAttemptAt: NOW + 9 * HOUR,
        heldUntil: NOW + 9 * HOUR,
        attemptsStarted: 0,
        attemptsFinished: 0,
        lastDetail: null,
      },
    ]),
  ];
  const event = events[0]!.event;

  it('shows status, what it is about, the tries, when, and the id to redrive', async () => {
    const { code, out } = await cli(['deliveries'], { store: readingStore({ events }) });
    expect(code).toBe(0);
    const short = `${jobId(1).slice(0, 4)}…0001`;
    expect(lines(out)).toEqual([
      'STATUS     EVENT   ABOUT      TRIES          WHEN           DELIVERY',
      `delivered  failed  ${short}  1              1 min ago      ${event.id}:oncall`,
      `given_up   failed  ${short}  9 (1 cut off)  2 h ago        ${event.id}:siem`,
      '    HTTP 404',
      `pending    failed  ${short}  1              due in 10 min  ${event.id}:dba`,
      `pending    failed  ${short}  0              digest in 9 h  ${event.id}:team`,
    ]);
  });

  it('says until when a delivery waits behind a silence, or behind what it must not overtake', async () => {
    const whenOf = async (waits: object): Promise<string> => {
      const due = { channel: 'oncall', status: 'pending', nextAttemptAt: NOW - 1_000 } as const;
      const { out } = await cli(['deliveries'], {
        store: readingStore({
          events: [recorded(event, [due])],
          waits: new Map([[`${event.id}:oncall`, waits]]),
        }),
      });
      return /(due .*?) {2}/.exec(out)?.[1] ?? out;
    };
    expect(await whenOf({})).toBe('due now');
    expect(await whenOf({ quietUntil: NOW - 1 })).toBe('due now');
    expect(await whenOf({ quietUntil: NOW + 20_000 })).toBe('due in 20 s: silence');
    // The clock has been set back since: such a silence is not kept.
    expect(await whenOf({ quietUntil: NOW + HOUR })).toBe('due now');
    expect(await whenOf({ behindUntil: NOW + HOUR })).toBe('due in 1 h: after another');
    expect(await whenOf({ behindUntil: NOW + HOUR, quietUntil: NOW + 20_000 })).toBe(
      'due in 1 h: after another',
    );
  });

  it('shows what is about no job', async () => {
    const about = [anEvent('channel_failing', { channel: 'oncall' }), anEvent('watch_failing')];
    const store = readingStore({
      events: about.map((each) => recorded(each, [{ channel: 'dba', status: 'delivered' }])),
    });
    const { out } = await cli(['deliveries'], { store });
    expect(out).toMatch(/ channel_failing +channel oncall /);
    expect(out).toMatch(/ watch_failing +watch orders /);
  });

  it('tells reminders and samples from what has happened', async () => {
    const about = [
      anEvent('stalled', { reminder: { number: 2, since: NOW - HOUR } }),
      anEvent('failed', { test: true }),
    ];
    const store = readingStore({
      events: about.map((each) => recorded(each, [{ channel: 'dba', status: 'delivered' }])),
    });
    const { out } = await cli(['deliveries'], { store });
    expect(out).toContain('stalled (reminder 2)');
    expect(out).toContain('failed (test)');
    const { json } = await cli(['deliveries', '--json'], { store });
    expect(json().items).toMatchObject([
      { reminder: 2, test: false, summary: expect.stringMatching(/^Reminder: /) },
      { reminder: null, test: true, summary: expect.stringMatching(/^\[TEST\] /) },
    ]);
  });

  it('filters by status and channel', async () => {
    const { json } = await cli(['deliveries', '--status', 'given_up', '--channel', 'siem', '--json'], {
      store: readingStore({ events }),
    });
    expect(json().items).toMatchObject([{ id: `${event.id}:siem`, detail: 'HTTP 404', jobId: jobId(1) }]);
  });

  it.each([
    [[], 'Nothing has been owed to any channel yet.'],
    [['--status', 'given_up'], 'No delivery is given up.'],
    [['--status', 'pending'], 'Nothing is owed to anybody.'],
    [['--channel', 'siem'], 'No delivery matches.'],
  ])('with %j says in a sentence that there is nothing', async (argv, sentence) => {
    expect((await cli(['deliveries', ...argv], { store: readingStore() })).out).toContain(sentence);
  });
});

describe('any listing', () => {
  it.each(['jobs', 'history', 'deliveries'])(
    '%s says that nothing is recorded yet without a database',
    async (name) => {
      const text = await cli([name]);
      expect(text).toMatchObject({ code: 0, err: 'note: there is no database at watcher.db\n' });
      expect(text.out).toContain('Nothing is recorded yet');
      expect((await cli([name, '--json'])).json()).toEqual({ items: [], hasMore: false });
    },
  );

  it.each(['jobs', 'history', 'deliveries'])(
    '%s opens the store to read only, and closes it',
    async (name) => {
      const store = readingStore();
      const modes: string[] = [];
      const openStore = async (_config: unknown, { mode }: { mode: string }) => {
        modes.push(mode);
        return store;
      };
      await cli([name], { parts: { openStore } });
      expect(modes).toEqual(['readonly']);
      expect(store.isClosed).toBe(true);
    },
  );

  it('closes the store when reading fails', async () => {
    const store = readingStore();
    store.fault = new Error('gone');
    expect((await cli(['jobs'], { store, config: aConfig() })).code).toBe(1);
    expect(store.isClosed).toBe(true);
  });
});
