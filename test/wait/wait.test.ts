import { describe, expect, it } from 'vitest';
import type { Milestone, RestoreJob } from '../../src/domain/job/restore-job.ts';
import { SourceError, type SourceReason } from '../../src/errors.ts';
import type { Expected } from '../../src/wait/search.ts';
import { type WaitChange, type WaitReport, waitForJobs } from '../../src/wait/wait.ts';
import { aJob, aWatch, HOUR, jobId, MINUTE, T0 } from '../support/builders.ts';
import { createFakeSource, type FakeSource } from '../support/fake-source.ts';
import { createSteppingClock, type SteppingClock } from '../support/stepping-clock.ts';

const EVERY = 5_000;

interface Wait {
  source: FakeSource;
  clock: SteppingClock;
  changes: WaitChange[];
  /** What has been told, without its details. */
  kinds: () => string[];
  report: Promise<WaitReport>;
  interrupt: () => void;
}

/** Starts to wait, and goes on until the first poll has been made. */
async function start(
  jobs: RestoreJob[],
  options: {
    jobIds?: string[];
    timeoutMs?: number;
    expected?: Expected;
    prepare?: (source: FakeSource) => void;
  } = {},
): Promise<Wait> {
  const source = createFakeSource(jobs);
  options.prepare?.(source);
  const clock = createSteppingClock(T0 + HOUR);
  const changes: WaitChange[] = [];
  const interrupted = new AbortController();
  const report = waitForJobs({
    source,
    watch: aWatch(),
    jobIds: options.jobIds ?? [],
    clock,
    pollEveryMs: EVERY,
    timeoutMs: options.timeoutMs ?? null,
    expected: options.expected,
    signal: interrupted.signal,
    onChange: (change) => changes.push(change),
  });
  // Looked at by the test in its own time.
  report.catch(() => undefined);
  await clock.step(0);
  const kinds = (): string[] => changes.map(({ kind }) => kind);
  return { source, clock, changes, kinds, report, interrupt: () => interrupted.abort() };
}

function reach(source: FakeSource, id: string, ...outcomes: Milestone[]): void {
  source.jobs = source.jobs.map((job) =>
    job.id === id ? aJob(outcomes, { id, createdAt: job.createdAt }) : job,
  );
}

function running(...numbers: number[]): RestoreJob[] {
  return numbers.map((number) => aJob([], { id: jobId(number) }));
}

const unavailable = new SourceError('unavailable', 'GET …: 503');

describe('which jobs are waited for', () => {
  it('is those that are running when it starts, where none is named', async () => {
    const wait = await start([...running(1), aJob(['failed'], { id: jobId(2) }), ...running(3)]);
    wait.source.jobs.push(...running(4));
    reach(wait.source, jobId(1), 'finished');
    reach(wait.source, jobId(3), 'finished');
    await wait.clock.step(EVERY);
    const { verdict, jobs } = await wait.report;
    expect(verdict).toBe('finished');
    expect(jobs.map(({ jobId }) => jobId)).toEqual([jobId(1), jobId(3)]);
    expect(wait.source.listings).toBe(1);
  });

  it('is also one that ended before Atlas could be listed at last, but not one that had ended before', async () => {
    const wait = await start(running(1), {
      prepare: (source) => {
        source.fault = unavailable;
      },
    });
    wait.source.fault = null;
    wait.source.jobs = [aJob(['failed'], { id: jobId(1) }, 61), aJob(['cancelled'], { id: jobId(2) }, 59)];
    await wait.clock.step(EVERY);
    expect(await wait.report).toMatchObject({ verdict: 'failed', jobs: [{ jobId: jobId(1) }] });
  });

  it('is nothing when none is running', async () => {
    const wait = await start([aJob(['finished']), aJob(['ready'], { id: jobId(2) })]);
    expect(await wait.report).toEqual({ verdict: 'nothing', jobs: [] });
  });

  it('is those named, in whatever state they are', async () => {
    const wait = await start([aJob(['cancelled'], { id: jobId(1) }), ...running(2)], { jobIds: [jobId(1)] });
    expect(await wait.report).toMatchObject({ verdict: 'cancelled', jobs: [{ jobId: jobId(1) }] });
    expect(wait.source.listings).toBe(0);
  });

  it('leaves out a listed job that cannot be read, and says so', async () => {
    const wait = await start(running(1), {
      prepare: ({ extra }) => extra.push({ kind: 'unreadable', jobId: jobId(9), problem: 'state is odd' }),
    });
    expect(wait.changes[0]).toMatchObject({ kind: 'unreadable', jobId: jobId(9), problem: 'state is odd' });
    expect(wait.changes[1]).toMatchObject({ kind: 'waiting', jobs: [{ jobId: jobId(1) }] });
  });
});

describe('jobs that are only about to begin', () => {
  const expected = { count: 2, withinMs: 4 * EVERY };
  const STARTED = T0 + HOUR;

  it('are waited for together with those that run, also where one ends before the next look', async () => {
    const wait = await start([...running(1), aJob(['failed'], { id: jobId(2) })], { expected });
    expect(wait.changes[0]).toMatchObject({ kind: 'waiting', jobs: [{ jobId: jobId(1) }] });
    const quick = aJob(['finished'], { id: jobId(3, STARTED), createdAt: STARTED }, 0.01);
    wait.source.jobs.push(quick);
    reach(wait.source, jobId(1), 'finished');
    await wait.clock.step(EVERY);
    const { verdict, jobs } = await wait.report;
    expect(verdict).toBe('finished');
    expect(jobs.map(({ jobId: id }) => id).toSorted()).toEqual([jobId(1), quick.id].toSorted());
    expect(wait.source.listings).toBe(2);
  });

  it('are given up when their time is over: what is there is followed to its end, and it is not all well', async () => {
    const wait = await start(running(1), { expected });
    for (let step = 0; step < 4; step += 1) await wait.clock.step(EVERY);
    const { listings } = wait.source;
    await wait.clock.step(EVERY);
    expect(wait.source.listings).toBe(listings);
    reach(wait.source, jobId(1), 'finished');
    await wait.clock.step(EVERY);
    expect(await wait.report).toMatchObject({ verdict: 'absent', jobs: [{ end: 'finished' }] });
  });

  it('are given up when none has appeared', async () => {
    const wait = await start([], { expected });
    for (let step = 0; step < 4; step += 1) await wait.clock.step(EVERY);
    expect(await wait.report).toEqual({ verdict: 'absent', jobs: [] });
  });

  it('time out while some are still to come', async () => {
    const wait = await start([], { expected, timeoutMs: EVERY });
    await wait.clock.step(EVERY);
    expect(await wait.report).toEqual({ verdict: 'timed_out', jobs: [] });
  });

  it('may be unknown to Atlas by their id for as long', async () => {
    const wait = await start([], { jobIds: [jobId(1)], expected });
    for (let step = 0; step < 3; step += 1) await wait.clock.step(EVERY);
    wait.source.jobs = [aJob(['finished'], { id: jobId(1) })];
    await wait.clock.step(EVERY);
    expect(await wait.report).toMatchObject({ verdict: 'finished' });
    const never = await start([], { jobIds: [jobId(1)], expected });
    for (let step = 0; step < 4; step += 1) await never.clock.step(EVERY);
    expect(await never.report).toMatchObject({ verdict: 'missing' });
  });
});

describe('the verdict', () => {
  const ENDS: Array<[string, Milestone[], string]> = [
    ['finished', ['finished'], 'finished'],
    ['ready', ['ready'], 'finished'],
    ['failed', ['failed'], 'failed'],
    ['cancelled', ['cancelled'], 'cancelled'],
    ['expired before anybody took it', ['ready', 'expired'], 'expired'],
    ['finished, and expired since', ['finished', 'expired'], 'finished'],
  ];
  it.each(ENDS)('of a job that is %s', async (_what, outcomes, verdict) => {
    const wait = await start(running(1));
    reach(wait.source, jobId(1), ...outcomes);
    await wait.clock.step(EVERY);
    expect(await wait.report).toMatchObject({ verdict });
  });

  const WORST: Array<[Array<Milestone | 'running'>, string]> = [
    [['finished', 'failed', 'cancelled', 'expired', 'running'], 'failed'],
    [['finished', 'cancelled', 'expired', 'running'], 'cancelled'],
    [['finished', 'expired', 'running'], 'expired'],
    [['finished', 'running'], 'timed_out'],
    [['finished', 'ready'], 'finished'],
  ];
  it.each(WORST)('of jobs that are %j is the worst of them: %s', async (ends, verdict) => {
    const jobs = ends.map((end, number) => aJob(end === 'running' ? [] : [end], { id: jobId(number) }));
    const wait = await start(jobs, { jobIds: jobs.map(({ id }) => id), timeoutMs: MINUTE });
    await wait.clock.step(MINUTE);
    expect(await wait.report).toMatchObject({ verdict });
  });

  it('waits for the others when one has failed', async () => {
    const wait = await start(running(1, 2), { timeoutMs: HOUR });
    reach(wait.source, jobId(1), 'failed');
    await wait.clock.step(EVERY);
    expect(wait.clock.sleepers()).toBeGreaterThan(0);
    reach(wait.source, jobId(2), 'finished');
    await wait.clock.step(EVERY);
    expect(await wait.report).toMatchObject({
      verdict: 'failed',
      jobs: [{ end: 'failed' }, { end: 'finished' }],
    });
    expect(wait.clock.sleepers(), 'no timer stays behind').toBe(0);
  });

  it('is that the time is up, even while Atlas never answers', async () => {
    const wait = await start(running(1), {
      timeoutMs: MINUTE,
      prepare: (source) => {
        source.readJob = (_target, _id, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason), { once: true });
          });
      },
    });
    await wait.clock.step(MINUTE - 1);
    expect(wait.clock.sleepers()).toBe(1);
    await wait.clock.step(1);
    expect(await wait.report).toMatchObject({ verdict: 'timed_out', jobs: [{ end: null }] });
  });

  it('is that the time is up when the jobs could not even be listed', async () => {
    const wait = await start(running(1), {
      timeoutMs: MINUTE,
      prepare: (source) => {
        source.fault = unavailable;
      },
    });
    await wait.clock.step(MINUTE);
    expect(await wait.report).toEqual({ verdict: 'timed_out', jobs: [] });
  });

  it('is that it was interrupted when the signal says so', async () => {
    const wait = await start(running(1), { timeoutMs: HOUR });
    wait.interrupt();
    expect(await wait.report).toMatchObject({ verdict: 'interrupted', jobs: [{ jobId: jobId(1) }] });
    await wait.clock.step(0);
    expect(wait.clock.sleepers()).toBe(0);
  });
});

describe('what is told', () => {
  it('is each job once, then each change of state or progress', async () => {
    const wait = await start(running(1));
    await wait.clock.step(3 * EVERY);
    expect(wait.kinds()).toEqual(['waiting', 'job']);
    wait.source.jobs = [aJob([], { progress: { done: 1, total: 2 } })];
    await wait.clock.step(2 * EVERY);
    reach(wait.source, jobId(1), 'finished');
    await wait.clock.step(EVERY);
    await wait.report;
    expect(wait.changes.slice(1)).toMatchObject([
      { kind: 'job', before: null, waited: { end: null } },
      { kind: 'job', waited: { job: { progress: { done: 1, total: 2 } }, end: null } },
      {
        kind: 'job',
        before: { state: 'in_progress' },
        waited: { job: { state: 'finished' }, end: 'finished' },
      },
    ]);
  });

  const PASSING: SourceReason[] = ['unavailable', 'timeout', 'rate_limited', 'bad_response'];
  it.each(PASSING)(
    'is a fault that may pass (%s) once, and its end, and the verdict stands',
    async (reason) => {
      const wait = await start(running(1));
      wait.source.fault = new SourceError(reason, 'something', { hint: 'do this' });
      await wait.clock.step(10 * EVERY);
      expect(wait.changes.slice(2)).toMatchObject([{ kind: 'fault', reason, hint: 'do this' }]);
      wait.source.fault = null;
      reach(wait.source, jobId(1), 'finished');
      await wait.clock.step(EVERY);
      expect(await wait.report).toMatchObject({ verdict: 'finished' });
      expect(wait.changes.at(-1)).toMatchObject({ kind: 'recovered', afterMs: 10 * EVERY });
    },
  );

  it('is a fault at the very first request like any other', async () => {
    const wait = await start(running(1), {
      prepare: (source) => {
        source.fault = unavailable;
      },
    });
    wait.source.fault = null;
    await wait.clock.step(EVERY);
    expect(wait.kinds()).toEqual(['fault', 'waiting', 'job', 'recovered']);
  });

  it('keeps one job that cannot be read from hiding the others', async () => {
    const wait = await start(running(1, 2));
    wait.source.jobFaults.set(jobId(1), unavailable);
    reach(wait.source, jobId(2), 'finished');
    await wait.clock.step(EVERY);
    expect(wait.kinds().slice(3)).toEqual(['job', 'fault']);
  });

  it('is once that the state of a job cannot be read; it is waited for', async () => {
    const wait = await start(running(1));
    const { readJob } = wait.source;
    wait.source.readJob = async (_target, id) => ({ kind: 'unreadable', jobId: id, problem: 'state is odd' });
    await wait.clock.step(3 * EVERY);
    expect(wait.kinds().slice(2)).toEqual(['unreadable']);
    wait.source.readJob = readJob;
    reach(wait.source, jobId(1), 'finished');
    await wait.clock.step(EVERY);
    expect(await wait.report).toMatchObject({ verdict: 'finished' });
  });
});

describe('a fault that waiting does not mend', () => {
  const LASTING: SourceReason[] = ['auth', 'refused', 'not_found', 'wrong_kind', 'gone', 'bad_request'];
  it.each(LASTING)('ends it: %s', async (reason) => {
    const wait = await start(running(1));
    wait.source.fault = new SourceError(reason, 'no', { hint: 'do this' });
    await wait.clock.step(EVERY);
    await expect(wait.report).rejects.toMatchObject({ reason, hint: 'do this' });
    expect(wait.clock.sleepers()).toBe(0);
  });
});

describe('a job that is not there', () => {
  it('is missing when Atlas says so twice in a row', async () => {
    const wait = await start([], { jobIds: [jobId(1)] });
    expect(wait.kinds()).toEqual(['waiting']);
    await wait.clock.step(EVERY);
    expect(await wait.report).toEqual({
      verdict: 'missing',
      jobs: [{ jobId: jobId(1), job: null, end: 'missing' }],
    });
  });

  it.each([
    ['a gateway has a 404 of its own', new SourceError('bad_response', 'GET …: 404')],
    ['nothing is known at its address', new SourceError('not_found', 'GET …: 404', { subject: 'request' })],
  ])('is not one of which %s: it is waited for until it can be read', async (_name, fault) => {
    const wait = await start(running(1), { jobIds: [jobId(1)] });
    wait.source.fault = fault;
    for (let poll = 0; poll < 5; poll += 1) await wait.clock.step(EVERY);
    expect(wait.kinds()).toEqual(['waiting', 'job', 'fault']);
    wait.source.fault = null;
    reach(wait.source, jobId(1), 'finished');
    await wait.clock.step(EVERY);
    expect(await wait.report).toMatchObject({ verdict: 'finished' });
  });

  it('is waited for when it shows up after all', async () => {
    const wait = await start(running(1));
    const { jobs } = wait.source;
    for (let round = 0; round < 3; round += 1) {
      wait.source.jobs = [];
      await wait.clock.step(EVERY);
      wait.source.jobs = jobs;
      await wait.clock.step(EVERY);
    }
    reach(wait.source, jobId(1), 'finished');
    await wait.clock.step(EVERY);
    expect(await wait.report).toMatchObject({ verdict: 'finished' });
  });
});
