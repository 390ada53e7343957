import { describe, expect, it } from 'vitest';
import type { CliParts } from '../../src/cli/parts.ts';
import type { RestoreJob } from '../../src/domain/job/restore-job.ts';
import { ConfigError, SourceError, StoreError } from '../../src/errors.ts';
import { aJob, anObservation, aWatch, GROUP_ID, jobId, MINUTE } from '../support/builders.ts';
import { createFakeSource, type FakeSource } from '../support/fake-source.ts';
import { type ReadingStore, readingStore } from '../support/reading-store.ts';
import { aConfig, cli, NOW, type Run, type RunOptions } from './harness.ts';

/** Waits with a source that changes before each reading of a job, as `steps` say; the last step stays. */
function waiting(
  argv: readonly string[],
  steps: ReadonlyArray<RestoreJob | Error>,
  options: RunOptions & { source?: FakeSource } = {},
): Promise<Run> {
  const source = options.source ?? createFakeSource([aJob([], { createdAt: NOW - 12 * MINUTE })]);
  const left = [...steps];
  const { readJob } = source;
  source.readJob = async (...args) => {
    const step = left.shift();
    if (step instanceof Error) throw step;
    if (step) source.jobs = [step];
    return readJob(...args);
  };
  const inForeground: CliParts['inForeground'] = (_config, _watch, work) =>
    work(source, new AbortController().signal);
  return cli(['wait', ...argv], { ...options, parts: { inForeground, ...options.parts } });
}

const ESC = '\u001b';
const ID = jobId(1, NOW - 12 * MINUTE);
const running = (done: number): RestoreJob =>
  aJob([], { createdAt: NOW - 12 * MINUTE, progress: { done, total: 1_000 } });
const finished = aJob(['finished'], { createdAt: NOW - 12 * MINUTE });
const failed = aJob(['failed'], { createdAt: NOW - 12 * MINUTE, errorMessage: 'the disk\u001b[2J is full' });
const unavailable = new SourceError('unavailable', 'GET …: 503');

describe('wait, read as plain lines', () => {
  it('says what is waited for, each change with the time left, each fault and its end, and what it came to', async () => {
    const steps = [running(0), running(500), running(501), unavailable, unavailable, finished];
    const { code, out, err } = await waiting(['orders'], steps);
    expect(code).toBe(0);
    expect(err).toBe('');
    expect(out.split('\n')).toEqual([
      '2026-11-02 09:00:05Z  looking for running restores of watch orders',
      '2026-11-02 09:00:05Z  waiting for 1 job of watch orders',
      `2026-11-02 09:00:05Z  ${ID}  in_progress  orders → orders-copy, 12 min so far`,
      `2026-11-02 09:00:10Z  ${ID}  in_progress  orders → orders-copy, 12 min 5 s so far, 50 %, about 12 min left`,
      '2026-11-02 09:00:20Z  Atlas cannot be read at the moment, waiting goes on: GET …: 503',
      `2026-11-02 09:00:30Z  ${ID}  finished     orders → orders-copy, 14 min`,
      '2026-11-02 09:00:30Z  Atlas can be read again, after 10 s',
      'Done: 1 finished.',
      '',
    ]);
  });

  it('looks for none where jobs are named, and waits for none where none is running', async () => {
    const named = await waiting(['orders', ID], [finished]);
    expect(named.out).not.toContain('looking for');
    const none = await waiting(['orders'], [], { source: createFakeSource([]) });
    expect(none.out.split('\n').slice(0, 2)).toEqual([
      '2026-11-02 09:00:05Z  looking for running restores of watch orders',
      'No restore of watch orders is running: there is nothing to wait for.',
    ]);
  });

  it('foretells from the history of the instance, and does without', async () => {
    const store = readingStore({ durations: [{ deliveryType: 'automated', durationMs: 15 * MINUTE }] });
    const steps = [aJob([], { createdAt: NOW - 12 * MINUTE }), finished];
    const first = async (argv: string[], of: ReadingStore | null): Promise<string> =>
      (await waiting(argv, steps, { store: of })).out.split('\n')[2] ?? '';
    expect(await first(['orders'], store)).toMatch(/12 min so far, about 3 min left$/);
    expect(store.isClosed).toBe(true);
    expect(await first(['orders'], null)).toMatch(/12 min so far$/);
    const opened = { openStore: () => Promise.reject(new Error('must not be opened')) };
    expect(await waiting(['orders', '--no-store'], steps, { parts: opened })).toMatchObject({ code: 0 });
  });

  it('waits also when the store cannot be read, and says so', async () => {
    const parts = { openStore: () => Promise.reject(new StoreError('damaged', 'x.db is damaged')) };
    const { code, err } = await waiting(['orders'], [finished], { parts });
    expect({ code, err }).toEqual({ code: 0, err: 'note: no expected end from history: x.db is damaged\n' });
  });

  it('shows what Atlas says of a failure, but lets it not steer the terminal', async () => {
    const { code, out } = await waiting(['orders'], [failed]);
    expect(code).toBe(3);
    expect(out).toContain('Atlas says: the disk [2J is full');
    expect(out).toContain('Failed: 1 failed.');
  });

  it('says where a job is to be looked for that Atlas never knew, and not of one that has gone', async () => {
    const home =
      /Not found: 1 not found\. Check its id\. A job belongs to the instance that the backup came from/;
    const unknown = createFakeSource([]);
    const { code, out } = await waiting(['orders', ID], [], { source: unknown });
    expect([code, out]).toEqual([1, expect.stringMatching(home)]);
    const asJson = await waiting(['orders', ID, '--json'], [], { source: unknown });
    expect(JSON.parse(asJson.out.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      verdict: 'missing',
      jobs: [{ id: ID, end: 'missing', hint: expect.stringContaining('not to the target') }],
    });
    const gone = await waiting(['orders', ID], [running(0), aJob([], { id: jobId(2) })]);
    expect(gone.out).toMatch(/Not found: 1 not found\.$/m);
  });

  it('ends at a fault that waiting does not mend, with its hint', async () => {
    const fault = new SourceError('auth', 'GET …: 401', { hint: 'check the key' });
    const { code, err } = await waiting(['orders'], [running(1), fault]);
    expect({ code, err }).toEqual({ code: 1, err: 'error: GET …: 401\nhint: check the key\n' });
  });
});

describe('wait --json', () => {
  it('writes one object a line, the last one being the summary', async () => {
    const { code, out } = await waiting(['orders', ID, '--json'], [running(500), failed]);
    expect(code).toBe(3);
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { kind: 'waiting', at: new Date(NOW).toISOString(), watch: 'orders', jobs: [ID] },
      {
        kind: 'job',
        id: ID,
        from: null,
        state: 'in_progress',
        end: null,
        expectedEnd: new Date(NOW + 12 * MINUTE).toISOString(),
        expectedEndBasis: 'progress',
        job: { id: ID, progress: { done: 500, total: 1_000 } },
      },
      { kind: 'job', from: 'in_progress', state: 'failed', end: 'failed', expectedEnd: null },
      {
        kind: 'summary',
        watch: 'orders',
        verdict: 'failed',
        exitCode: 3,
        jobs: [{ id: ID, state: 'failed', end: 'failed' }],
      },
    ]);
  });

  it('writes its error as one line, too', async () => {
    const fault = new SourceError('auth', 'GET …: 401');
    const { out } = await waiting(['orders', '--json'], [running(1), fault]);
    expect(JSON.parse(out.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      error: { code: 'source_auth' },
    });
  });
});

describe('wait on a terminal', () => {
  const TOKENS = new RegExp(`${ESC}\\[(?:\\d+A|K|J|\\?7[lh])|[\\r\\n]|[^${ESC}\\r\\n]+`, 'g');

  /** The screen after all that was written: only what moves up and erases is understood, as only they are used. */
  function screenOf(text: string): string[] {
    let lines: string[] = [''];
    let row = 0;
    for (const [token] of text.matchAll(TOKENS)) {
      if (token === '\n') {
        row += 1;
        lines[row] ??= '';
      } else if (token === '\r') {
        // Every line is written from its start.
      } else if (token.endsWith('A') && token.startsWith('\u001b')) {
        row -= Number.parseInt(token.slice(2), 10);
        if (row < 0) throw new Error('the cursor left the screen');
      } else if (token === '\u001b[J') lines = lines.slice(0, row + 1).with(row, '');
      else if (!token.startsWith('\u001b')) lines[row] = token;
    }
    return lines.slice(0, -1);
  }

  it('draws one line a job over again, and leaves the ends and what they came to', async () => {
    const steps = [running(0), running(500), unavailable, failed];
    const { out } = await waiting(['orders'], steps, { terminal: 120, env: { NO_COLOR: '1' } });
    const frames = out.split('\u001b[?7h');
    const screens = frames.map((_frame, index) => screenOf(frames.slice(0, index + 1).join('')));
    expect(screens[3]).toEqual(
      [
        'Waiting for 1 job of watch orders, 5 s so far',
        'STATE        JOB                       FROM → TO             TOOK                ETA',
        `in_progress  ${ID}  orders → orders-copy  12 min 5 s  50 %, about 12 min left`,
      ].map((line, index) =>
        index === 1 ? expect.stringMatching(/^STATE +JOB +FROM → TO +TOOK +ETA$/) : line,
      ),
    );
    expect(screens[4]?.slice(-2)).toEqual([
      'Atlas cannot be read for under 1 s now; waiting goes on',
      'GET …: 503',
    ]);
    expect(screens.at(-1)).toEqual([
      expect.stringMatching(/^STATE/),
      expect.stringMatching(/^failed +\S+ +orders → orders-copy +14 min$/),
      `${ID} Atlas says: the disk [2J is full`,
      'Failed: 1 failed.',
    ]);
  });

  it('shows what fits, those that run first, and how many more there are', async () => {
    const jobs = Array.from({ length: 60 }, (_, number) =>
      aJob(number < 30 ? ['finished'] : [], { id: jobId(number) }),
    );
    const source = createFakeSource(jobs);
    const argv = ['orders', ...jobs.map(({ id }) => id), '--timeout', '1m'];
    const { code, out } = await waiting(argv, [], { source, terminal: 120, env: { NO_COLOR: '1' } });
    expect(code).toBe(6);
    const frames = out.split('\u001b[?7h');
    const last = screenOf(frames.slice(0, -2).join(''));
    expect(last.length).toBeLessThan(24);
    expect(last.at(-1)).toBe('… and 40 more');
    expect(last[2]).toMatch(/^in_progress/);
    expect(screenOf(out)).toHaveLength(62);
    expect(screenOf(out).at(-1)).toBe('Timed out: 30 finished, 30 not over.');
  });

  it('writes plain lines where the terminal is dumb', async () => {
    const { out } = await waiting(['orders'], [finished], { terminal: 120, env: { TERM: 'dumb' } });
    expect(out).not.toContain('\u001b');
  });
});

describe('wait, asked for what cannot be', () => {
  it.each([
    ['a watch that is not there', ['ordres'], 'no watch ordres is configured\nhint: There are: orders.'],
    ['a text that is no id', ['orders', 'x!'], 'x! is not the id of a restore job'],
    ['an id that no job has', ['orders', '6080', '--no-store'], 'watch orders has no restore job like 6080'],
    ['a time-out without a unit', ['orders', '--timeout', '2'], 'Expected a duration such as 30s or 2h'],
    ['a time-out that no timer holds', ['orders', '--timeout', '30d'], '24d at most'],
    ['another instance', ['orders', '--instance', 'users'], 'the watch has instance orders, not users'],
    ['nothing', [], "missing required argument 'watch'"],
  ])('ends with 2 and says why: %s', async (_what, argv, message) => {
    const { code, err } = await waiting(argv, []);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it('wants an instance, and a project, where the watch follows all of them', async () => {
    const config = aConfig({ watches: [aWatch({ groupId: '*', instanceName: '*' })] });
    const { code, err } = await waiting(['orders'], [], { config });
    expect(code).toBe(2);
    expect(err).toContain('hint: Name it: --project ID --instance NAME.');
    const named = ['orders', '--project', GROUP_ID, '--instance', 'orders'];
    expect(await waiting(named, [finished], { config })).toMatchObject({ code: 0 });
  });

  it('takes the instance from the jobs on record, and else names those it knows', async () => {
    const config = aConfig({ watches: [aWatch({ groupId: '*', instanceName: '*' })] });
    const other = aJob([], { id: jobId(7, NOW), instanceName: 'ledger' });
    const store = readingStore({ observations: [anObservation(finished), anObservation(other)] });
    const run = (...argv: string[]) => waiting(['orders', ...argv], [finished], { config, store });
    expect(await run(ID)).toMatchObject({ code: 0 });
    for (const ids of [[], [ID, other.id], [ID, 'ffff']]) expect((await run(...ids)).code).toBe(2);
    expect((await run()).err).toContain(`NAME. Restores are on record of: ledger in ${GROUP_ID}.`);
    expect((await run(ID, other.id)).err).toContain(`orders in ${GROUP_ID}, ledger in ${GROUP_ID}.`);
    expect((await run(ID, '--no-store')).code).toBe(2);
  });

  it('ends with 2 when a file of the connection cannot be used', async () => {
    const parts = { inForeground: () => Promise.reject(new ConfigError('watcher.config.json', [])) };
    expect(await waiting(['orders'], [], { parts })).toMatchObject({ code: 2 });
  });
});
