import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlannedEvent } from '../../../src/domain/event/plan.ts';
import { jobOf } from '../../../src/domain/event/subject.ts';
import type { Watch } from '../../../src/domain/job/watch.ts';
import { SourceError, StoreError } from '../../../src/errors.ts';
import { createSignals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { pollWatch, type WatchPollReport } from '../../../src/watcher/watch/poll-watch.ts';
import { createTargetBook } from '../../../src/watcher/watch/targets/book.ts';
import type { TargetBook } from '../../../src/watcher/watch/targets/target-book.ts';
import { aJob, aWatch, GROUP_ID, HOUR, jobId, MINUTE, T0 } from '../../support/builders.ts';
import { createFakeSource, type FakeSource } from '../../support/fake-source.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { aRecorder, withEvents } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';
import { wholeOf } from '../../support/whole-of.ts';

type Polled = WatchPollReport & { events: PlannedEvent[] };

let store: Store;
let source: FakeSource;
let clock: ManualClock;
let watch: Watch;
let book: TargetBook;
let logger: ReturnType<typeof createRecordingLogger>;
let written: string[];

beforeEach(async () => {
  store = await openNewStore();
  source = createFakeSource();
  clock = createManualClock(T0);
  logger = createRecordingLogger();
  written = [];
  begin(aWatch());
});
afterEach(() => store.close());

function begin(over: Watch): void {
  watch = over;
  book = createTargetBook(
    {
      ...wholeOf(store),
      source,
      store,
      clock,
      logger,
      writeDown: async (kind, ...data) => {
        for (const { groupId, instanceName } of data) written.push(`${kind} ${groupId}/${instanceName}`);
      },
    },
    watch,
  );
}

function instance(name: string, tags: Record<string, string> = {}) {
  return { instanceName: name, name, tags };
}

async function poll(): Promise<Polled> {
  clock.advance(30_000);
  const signals = createSignals(logger);
  const recorder = aRecorder({ store, clock, signals });
  const { signal } = new AbortController();
  return withEvents(signals, () =>
    pollWatch({ source, store, recorder, clock }, { watch, book, lateAfterMs: 2 * MINUTE, signal }),
  );
}

function told(report: Polled): string[] {
  return report.events.map(({ event }) => `${event.name} ${jobOf(event)?.id}`);
}

describe('a long list that comes newest first', () => {
  const old = (count: number) =>
    Array.from({ length: count }, (_, n) => {
      const createdAt = T0 - (n + 1) * MINUTE;
      return aJob(['finished'], { id: jobId(n, createdAt), createdAt });
    });

  it('costs one page per poll once it is known', async () => {
    source.jobs = old(2_160);
    expect((await poll()).jobs).toBe(2_160);
    expect((await poll()).jobs).toBe(500);
    expect((await poll()).jobs).toBe(500);
  });

  it('is read on for as long as there is news', async () => {
    source.jobs = old(10);
    await poll();
    const news = Array.from({ length: 700 }, (_, n) => {
      const createdAt = T0 + (700 - n) * 1_000;
      return aJob(['finished'], { id: jobId(n, createdAt), createdAt });
    });
    source.jobs = [...news, ...source.jobs];
    const report = await poll();
    expect(report.jobs).toBe(710);
    expect(report.events).toHaveLength(1_400);
    expect((await poll()).events).toEqual([]);
  });

  it('has its running jobs asked for by id once they have left the first page', async () => {
    source.pageSize = 5;
    source.jobs = [aJob([], { id: jobId(999, T0), createdAt: T0 }), ...old(10)];
    await poll();
    const createdAt = T0 + MINUTE;
    source.jobs = [
      ...Array.from({ length: 5 }, (_, n) =>
        aJob(['finished'], { id: jobId(n, createdAt), createdAt: createdAt + (5 - n) * 1_000 }),
      ),
      ...source.jobs,
    ];
    await poll();
    expect(source.asked).toEqual([]);
    await poll();
    expect(source.asked).toEqual([jobId(999, T0)]);
  });

  it('is read whole again every reconcileEvery', async () => {
    source.jobs = old(1_000);
    await poll();
    expect((await poll()).jobs).toBe(500);
    clock.advance(HOUR);
    expect((await poll()).jobs).toBe(1_000);
    expect((await poll()).jobs).toBe(500);
  });

  it('is read whole at every poll when it comes in another order', async () => {
    source.jobs = old(1_000).reverse();
    await poll();
    const createdAt = T0 + MINUTE;
    source.jobs.push(aJob([], { id: jobId(5_000, createdAt), createdAt }));
    const report = await poll();
    expect(report.jobs).toBe(1_001);
    expect(told(report)).toEqual([`started ${jobId(5_000, createdAt)}`]);
  });
});

describe('a watch of every instance of a project', () => {
  beforeEach(() => {
    begin(aWatch({ kind: 'cluster', apiVersion: 'v2', instanceName: '*' }));
    source.instances.set(GROUP_ID, [instance('orders'), instance('users')]);
  });

  it('follows each that is listed, and lists again only every discoverEvery', async () => {
    expect((await poll()).targets).toBe(2);
    source.instances.set(GROUP_ID, [instance('orders'), instance('users'), instance('events')]);
    expect((await poll()).targets).toBe(2);
    clock.advance(10 * MINUTE);
    expect((await poll()).targets).toBe(3);
    expect(written.filter((entry) => entry.startsWith('instance.found'))).toHaveLength(3);
  });

  it('takes the baseline of the first look in silence, and tells of the jobs of an instance that came later', async () => {
    source.jobs = [aJob(['finished'])];
    expect(told(await poll())).toEqual([]);
    source.jobs = [];
    clock.advance(20 * MINUTE);
    source.instances.get(GROUP_ID)?.push(instance('later'));
    const createdAt = clock.now() - 5 * MINUTE;
    source.jobs = [aJob(['failed'], { id: jobId(8, createdAt), createdAt, instanceName: 'later' }, 1)];
    const report = await poll();
    expect(told(report)).toContain(`failed ${jobId(8, createdAt)}`);
  });

  it('tells of what a new instance did while the watcher was down, or before it could be read', async () => {
    await poll();
    clock.advance(HOUR);
    source.instances.get(GROUP_ID)?.push(instance('later'));
    const createdAt = clock.now() - 5 * MINUTE;
    const job = aJob(['failed'], { id: jobId(8, createdAt), createdAt, instanceName: 'later' }, 1);
    let isReadable = false;
    source.listJobs = async function* ({ instanceName }) {
      if (instanceName !== 'later') return;
      if (!isReadable) throw new SourceError('unavailable', 'away');
      yield { count: 1, hasNext: false, readings: () => [{ kind: 'job', job }] };
    };
    begin(watch);
    expect((await poll()).failing).toMatchObject([{ place: { instanceName: 'later' } }]);
    begin(watch);
    isReadable = true;
    expect(told(await poll())).toEqual([`started ${job.id}`, `failed ${job.id}`]);
  });

  it('tells of a job that began in the second of the last look, since its id tells whole seconds only', async () => {
    clock.advance(700);
    await poll();
    const createdAt = Math.floor(clock.now() / 1_000) * 1_000;
    source.jobs = [aJob([], { id: jobId(8, createdAt), createdAt, instanceName: 'later' })];
    source.instances.set(GROUP_ID, [instance('later')]);
    clock.advance(10 * MINUTE);
    expect(told(await poll())).toEqual([`started ${jobId(8, createdAt)}`]);
  });

  it('notes that an instance went, and raises no alarm', async () => {
    source.jobs = [aJob(['finished'])];
    await poll();
    source.instances.set(GROUP_ID, [instance('orders')]);
    clock.advance(10 * MINUTE);
    const report = await poll();
    expect(report.targets).toBe(1);
    expect(report.events).toEqual([]);
    expect(report.failure).toBeNull();
    expect(written).toContain(`instance.gone ${GROUP_ID}/users`);
  });

  it('lists again at once when an instance is not found, without calling that a failure', async () => {
    await poll();
    source.instances.set(GROUP_ID, [instance('users')]);
    const { listJobs } = source;
    source.listJobs = (target, options) => {
      if (target.instanceName === 'orders') {
        throw new SourceError('not_found', 'no such cluster', { subject: 'instance' });
      }
      return listJobs(target, options);
    };
    expect(await poll()).toMatchObject({ targets: 1, failure: null, failing: [] });
    expect(written).toContain(`instance.gone ${GROUP_ID}/orders`);
  });

  it('does not mind an instance whose backups are switched off, and reads it once they are on', async () => {
    source.fault = new SourceError('bad_request', 'no backups', { subject: 'instance' });
    source.listInstances = async () => [instance('orders')];
    expect((await poll()).failure).toBeNull();
    source.fault = null;
    source.jobs = [aJob([], { id: jobId(1, clock.now()), createdAt: clock.now() })];
    expect((await poll()).jobs).toBe(1);
  });

  it('fails when the project that it names is not found', async () => {
    await poll();
    source.fault = new SourceError('not_found', 'no such project', { subject: 'project' });
    expect((await poll()).failure?.message).toBe('no such project');
  });

  it('keeps what it knows while it cannot list', async () => {
    await poll();
    clock.advance(10 * MINUTE);
    source.fault = new SourceError('unavailable', 'away');
    const report = await poll();
    expect(report.targets).toBe(2);
    expect(report.failure?.message).toBe('away');
  });

  it('warns once when there is nothing to follow', async () => {
    begin(aWatch({ instanceName: '*' }));
    source.instances.set(GROUP_ID, []);
    await poll();
    clock.advance(10 * MINUTE);
    await poll();
    const warnings = logger.lines.filter(({ level }) => level === 'warn');
    expect(warnings).toHaveLength(1);
    expect(String(warnings[0]?.fields.hint)).toContain('ended serverless in January 2026');
  });

  it('gives labels from tags of the instance', async () => {
    begin(
      aWatch({ kind: 'cluster', instanceName: '*', labels: { team: '{instance.tags.team}', fixed: 'x' } }),
    );
    source.instances.set(GROUP_ID, [instance('orders', { team: 'payments' }), instance('users')]);
    const targets = await book.current(new AbortController().signal);
    expect(targets.map(({ target }) => target.labels)).toEqual([
      { team: 'payments', fixed: 'x' },
      { fixed: 'x' },
    ]);
  });
});

describe('a watch of every project', () => {
  beforeEach(() => {
    begin(aWatch({ kind: 'flex', apiVersion: 'v2', groupId: '*', instanceName: '*' }));
    source.projects = [
      { groupId: 'a', name: 'alpha', tags: {} },
      { groupId: 'b', name: 'beta', tags: {} },
    ];
    source.instances.set('a', [instance('one')]);
    source.instances.set('b', [instance('one'), instance('two')]);
  });

  it('follows the instances of all of them', async () => {
    expect((await poll()).targets).toBe(3);
  });

  it('lists again at once when a project is not found, without calling that a failure', async () => {
    await poll();
    source.projects = source.projects.filter(({ groupId }) => groupId !== 'b');
    const { listJobs } = source;
    source.listJobs = (target, options) => {
      if (target.groupId === 'b') throw new SourceError('auth', 'not in group', { subject: 'project' });
      return listJobs(target, options);
    };
    expect(await poll()).toMatchObject({ targets: 1, failure: null, failing: [] });
    expect(written).toContain('instance.gone b/two');
  });

  it('is not disturbed by a project that goes while its instances are being listed', async () => {
    const { listInstances } = source;
    source.listInstances = async (place, options) => {
      if (place.groupId === 'b') {
        throw new SourceError('not_found', 'no such project', { subject: 'project' });
      }
      return listInstances(place, options);
    };
    const { listProjects } = source;
    source.listProjects = async (...call) => {
      const listed = await listProjects(...call);
      source.projects = source.projects.filter(({ groupId }) => groupId !== 'b');
      return listed;
    };
    await poll();
    clock.advance(10_000);
    const report = await poll();
    expect(report).toMatchObject({ targets: 1, failure: null, failing: [] });
  });

  it('can be held to one name', async () => {
    begin(aWatch({ kind: 'flex', apiVersion: 'v2', groupId: '*', instanceName: 'one' }));
    expect((await poll()).targets).toBe(2);
  });
});

describe('a page that is just as it was', () => {
  const ended = () => aJob(['finished'], { id: jobId(1) });

  /** How often the store is asked for observations. */
  function countLookups(): () => number {
    let count = 0;
    const { readObservations } = store;
    store.readObservations = (name, ids) => {
      count += 1;
      return readObservations(name, ids);
    };
    return () => count;
  }

  it('is not looked at again once all its jobs have ended for good', async () => {
    source.jobs = [ended()];
    await poll();
    await poll();
    const lookups = countLookups();
    expect((await poll()).jobs).toBe(1);
    expect(lookups()).toBe(0);
  });

  it('is looked at as soon as anything on it differs', async () => {
    source.jobs = [ended()];
    await poll();
    await poll();
    source.jobs = [ended(), aJob([], { id: jobId(2) })];
    expect(told(await poll())).toEqual([`started ${jobId(2)}`]);
    source.jobs = [ended(), aJob(['failed'], { id: jobId(2) })];
    expect(told(await poll())).toEqual([`failed ${jobId(2)}`]);
  });

  it('is looked at for as long as a job on it may change by the clock alone', async () => {
    begin(aWatch({ stalledAfter: 10 * MINUTE }));
    source.jobs = [ended(), aJob([], { id: jobId(2) })];
    await poll();
    await poll();
    clock.advance(10 * MINUTE);
    expect(told(await poll())).toEqual([`stalled ${jobId(2)}`]);
  });

  it('is looked at again when the poll that saw it could not be written', async () => {
    await poll();
    source.jobs = [aJob(['failed'], { id: jobId(2) })];
    const { commitPoll } = store;
    store.commitPoll = async () => {
      throw new StoreError('unavailable', 'the disk is full');
    };
    await expect(poll()).rejects.toThrow('the disk is full');
    store.commitPoll = commitPoll;
    expect(told(await poll())).toEqual([`started ${jobId(2)}`, `failed ${jobId(2)}`]);
  });
});
