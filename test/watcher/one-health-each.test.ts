import { describe, expect, it, onTestFinished } from 'vitest';
import type { WatcherEvent } from '../../src/domain/event/event.ts';
import { placeOf } from '../../src/domain/event/subject.ts';
import { placeKey } from '../../src/domain/job/place.ts';
import type { Milestone, RestoreJob } from '../../src/domain/job/restore-job.ts';
import type { Target, Watch } from '../../src/domain/job/watch.ts';
import { SourceError } from '../../src/errors.ts';
import { healthOf } from '../../src/health/health.ts';
import { createSignals } from '../../src/signals.ts';
import type { Store } from '../../src/store/store.ts';
import { createRunner, type Runner } from '../../src/watcher/runner.ts';
import { aJob, aWatch, jobId, MINUTE, T0 } from '../support/builders.ts';
import { createFakeNotifier } from '../support/fake-notifier.ts';
import { createFakeSource } from '../support/fake-source.ts';
import { fakeTime } from '../support/fake-time.ts';
import { aJoining } from '../support/joining.ts';
import { ALONE, aRunnerConfig } from '../support/runner-config.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { openEmbeddedStore } from '../support/test-store.ts';

const SECOND = 1_000;
const PROJECTS = ['alpha', 'beta', 'gamma', 'small'];

const UNREADABLE = new SourceError('auth', 'no role here', { subject: 'project', hint: 'Give it the role.' });
const AWAY = new SourceError('unavailable', 'HTTP 503');
const KEY_REFUSED = new SourceError('auth', 'the key is refused', { subject: 'credential' });
const NOT_THERE = new SourceError('not_found', 'no such cluster', { subject: 'instance' });

/** Four projects with some instances each, polled by the whole watcher but Atlas and the receiver. */
async function aWorld({ each = 2, ...over }: Partial<Watch> & { each?: number } = {}) {
  const time = fakeTime(T0);
  const source = createFakeSource();
  const name = (project: string, n: number): string => `${project}-${n}`;
  const listed = (project: string) =>
    Array.from({ length: each }, (_, n) => ({
      instanceName: name(project, n),
      name: name(project, n),
      tags: { project },
    }));
  source.projects = PROJECTS.map((groupId) => ({ groupId, name: `project ${groupId}`, tags: {} }));
  for (const groupId of PROJECTS) source.instances.set(groupId, listed(groupId));

  /** What reading an instance, or the list of a project (`instanceName: null`), meets. */
  let fate: (place: { groupId: string; instanceName: string | null }) => Error | 'hangs' | null = () => null;
  const asked: Array<{ what: string; at: number }> = [];
  const meet = async (place: { groupId: string; instanceName: string | null }, signal: AbortSignal) => {
    const met = fate(place);
    if (met === 'hangs') {
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    } else if (met) throw met;
  };
  const { listJobs, listProjects, listInstances, readJob } = source;
  source.listJobs = async function* (target, options) {
    asked.push({ what: target.instanceName, at: time.monotonic() });
    await meet(target, options.signal);
    yield* listJobs(target, options);
  };
  source.readJob = async (target, id, options) => {
    asked.push({ what: `job of ${target.instanceName}`, at: time.monotonic() });
    await meet(target, options.signal);
    return readJob(target, id, options);
  };
  source.listProjects = (...call) => {
    asked.push({ what: 'projects', at: time.monotonic() });
    return listProjects(...call);
  };
  source.listInstances = async (place, options) => {
    asked.push({ what: `list of ${place.groupId}`, at: time.monotonic() });
    await meet({ groupId: place.groupId, instanceName: null }, options.signal);
    return listInstances(place, options);
  };

  const store: Store = { ...(await openEmbeddedStore()), checkWritable: async () => {} };
  await store.join(aJoining());
  const notifier = createFakeNotifier();
  const watch = aWatch({
    ...{ name: 'fleet', kind: 'cluster', apiVersion: 'v2', groupId: '*', instanceName: '*' },
    ...{ schedule: '*/2 * * * * *', failingAfterMs: 30 * SECOND, labels: { of: '{instance.tags.project}' } },
    ...over,
  });
  let runner: Runner;
  const start = async (watches: readonly Watch[] = [watch]): Promise<void> => {
    const logger = createRecordingLogger();
    runner = createRunner({
      ...aRunnerConfig({ watches, sources: new Map([['atlas', source]]), notifiers: [notifier] }),
      ...ALONE,
      ...{ store, clock: time, logger, signals: createSignals(logger) },
    });
    await runner.start();
  };
  await start();
  onTestFinished(async () => {
    await runner.stop('test');
    await store.close();
  });

  return {
    time,
    source,
    store,
    status: () => runner.status(),
    /** From now on this is met. */
    meets: (next: typeof fate) => {
      fate = next;
    },
    watch,
    /** With these watches; unless given, as before. */
    restart: async (watches?: readonly Watch[]) => {
      await runner.stop('test');
      await start(watches);
    },
    /** In the order in which they were found, each with its place. */
    told: async (): Promise<string[]> => {
      const { items } = await store.listEvents({ limit: 500 });
      return items
        .map(({ event }) => event)
        .reverse()
        .map(inShort);
    },
    events: async () => (await store.listEvents({ limit: 500 })).items.map(({ event }) => event).reverse(),
    /** How often it was asked for in the last `ms`. */
    askedFor: (what: string, ms: number) =>
      asked.filter((one) => one.what === what && one.at > time.monotonic() - ms).length,
    countDiscoveries: () =>
      asked.filter(({ what }) => what === 'projects' || what.startsWith('list of ')).length,
  };
}

function inShort(event: WatcherEvent): string {
  const place = placeOf(event);
  return place === null ? event.name : `${event.name} ${placeKey(place)}`;
}

const inProject =
  (groupId: string, error: Error | 'hangs') =>
  (place: Pick<Target, 'groupId'>): Error | 'hangs' | null =>
    place.groupId === groupId ? error : null;

/** The wait of the schedule and of the first poll. */
const BEGUN = 5 * SECOND;

describe('a watch of many instances', () => {
  it('tells of another project that goes blind, though one was unreadable all along', async () => {
    const { time, meets, told, events, status } = await aWorld({ each: 10 });
    meets(inProject('small', UNREADABLE));
    await time.pass(60 * SECOND);
    expect(await told()).toEqual(['watch_failing small']);

    const isBlind = (groupId: string) => groupId === 'small' || groupId === 'beta';
    meets(({ groupId }) => (isBlind(groupId) ? UNREADABLE : null));
    await time.pass(25 * SECOND);
    expect(await told()).toEqual(['watch_failing small']);
    await time.pass(15 * SECOND);
    expect(await told()).toEqual(['watch_failing small', 'watch_failing beta']);
    const [, beta] = await events();
    expect(beta).toMatchObject({
      summary: expect.stringMatching(
        /^Watch fleet cannot read project project beta for 3\d s: no role here$/,
      ),
      note: 'Give it the role.',
      subject: { instance: { groupId: 'beta', instanceName: '*' } },
    });
    const { reasons } = healthOf(status());
    expect(reasons).toHaveLength(2);
    expect(reasons.join('\n')).toMatch(/project small cannot be read[\s\S]*project beta cannot be read/);

    meets(inProject('small', UNREADABLE));
    await time.pass(65 * SECOND);
    expect((await told()).slice(2)).toEqual(['watch_recovered beta']);
    expect(status().watches[0]?.faults.map(({ place }) => place?.groupId)).toEqual(['small']);
  });

  it('tells of one instance by itself, with its labels, and of its end', async () => {
    const { time, meets, told, events } = await aWorld();
    await time.pass(BEGUN);
    meets(({ instanceName }) => (instanceName === 'beta-1' ? AWAY : null));
    await time.pass(45 * SECOND);
    meets(() => null);
    await time.pass(65 * SECOND);
    expect(await told()).toEqual(['watch_failing beta/beta-1', 'watch_recovered beta/beta-1']);
    const [failing, recovered] = await events();
    expect(failing?.subject).toMatchObject({
      labels: { of: 'beta' },
      place: { groupId: 'beta', projectName: 'project beta', instanceName: 'beta-1' },
    });
    expect(recovered?.summary).toBe('Watch fleet can read beta-1 in project project beta again');
  });

  it('is told of as one when its key is refused, and when all of Atlas is away', async () => {
    const { time, meets, told } = await aWorld();
    await time.pass(BEGUN);
    for (const fault of [KEY_REFUSED, AWAY]) {
      meets(() => fault);
      await time.pass(50 * SECOND);
      meets(() => null);
      await time.pass(70 * SECOND);
    }
    expect(await told()).toEqual(['watch_failing', 'watch_recovered', 'watch_failing', 'watch_recovered']);
  });

  it.each([
    ['fails', AWAY],
    ['hangs', 'hangs' as const],
  ])('is polled every second all the same while a project %s', async (_, fault) => {
    const { time, meets, askedFor } = await aWorld({ each: 10, schedule: '* * * * * *' });
    await time.pass(BEGUN);
    meets(inProject('small', fault));
    await time.pass(10 * SECOND);
    await time.pass(30 * SECOND);
    expect(askedFor('alpha-0', 30 * SECOND)).toBeGreaterThanOrEqual(29);
    expect(askedFor('small-0', 30 * SECOND)).toBeLessThan(5);
  });

  it('looks for instances no sooner because one project cannot be read', async () => {
    const { time, meets, countDiscoveries } = await aWorld();
    await time.pass(BEGUN);
    expect(countDiscoveries()).toBe(1 + PROJECTS.length);
    meets(inProject('small', UNREADABLE));
    await time.pass(13 * SECOND);
    // The projects once, since it may have gone.
    expect(countDiscoveries()).toBe(1 + PROJECTS.length + 1);
    await time.pass(5 * MINUTE);
    expect(countDiscoveries()).toBeLessThan(20);
  });

  it('keeps what was told of its parts over a restart, and tells of their end', async () => {
    const { time, meets, told, restart } = await aWorld();
    await time.pass(BEGUN);
    meets(inProject('small', UNREADABLE));
    await time.pass(45 * SECOND);
    await restart();
    await time.pass(45 * SECOND);
    expect(await told()).toEqual(['watch_failing small']);
    meets(() => null);
    await restart();
    await time.pass(10 * SECOND);
    expect(await told()).toEqual(['watch_failing small', 'watch_recovered small']);
  });

  it('tells of a part after failingAfter also when no process lived for that long', async () => {
    const { time, meets, told, restart } = await aWorld();
    await time.pass(BEGUN);
    meets(({ instanceName }) => (instanceName === 'beta-1' ? AWAY : null));
    for (let lives = 0; lives < 4; lives += 1) {
      await time.pass(10 * SECOND);
      await restart();
    }
    await time.pass(5 * SECOND);
    expect(await told()).toEqual(['watch_failing beta/beta-1']);
  });
});

describe('what a watch has found by itself', () => {
  it('may go without a word, and is listed anew at once', async () => {
    const { time, source, meets, told, askedFor } = await aWorld();
    await time.pass(BEGUN + 10 * SECOND);
    source.instances.set('beta', (source.instances.get('beta') ?? []).slice(1));
    meets(({ instanceName }) => (instanceName === 'beta-0' ? NOT_THERE : null));
    await time.pass(3 * SECOND);
    expect(askedFor('list of beta', 3 * SECOND)).toBe(1);
    await time.pass(2 * MINUTE);
    expect(askedFor('beta-0', MINUTE)).toBe(0);
    expect(await told()).toEqual([]);
  });

  it('takes its alert along when it goes', async () => {
    const { time, source, meets, told, events } = await aWorld();
    await time.pass(BEGUN);
    meets(inProject('small', UNREADABLE));
    await time.pass(45 * SECOND);
    source.projects = source.projects.filter(({ groupId }) => groupId !== 'small');
    await time.pass(3 * MINUTE);
    expect(await told()).toEqual(['watch_failing small', 'watch_recovered small']);
    const recovered = (await events())[1];
    expect(recovered?.summary).toBe(
      'Watch fleet no longer follows project project small: it has gone from Atlas',
    );
    expect(recovered?.subject).toMatchObject({ left: true });
  });

  it('is a fault of its own while it is still listed and cannot be read', async () => {
    const { time, meets, told, askedFor } = await aWorld();
    await time.pass(BEGUN + 10 * SECOND);
    meets(({ instanceName }) => (instanceName === 'beta-0' ? NOT_THERE : null));
    await time.pass(40 * SECOND);
    expect(await told()).toEqual(['watch_failing beta/beta-0']);
    expect(askedFor('list of beta', 40 * SECOND)).toBeLessThan(4);
  });

  /** A restore that runs on `beta-0`, seen to start. */
  async function aWorldWithRestore() {
    const world = await aWorld({ discoverEveryMs: MINUTE });
    const { time, source } = world;
    await time.pass(BEGUN);
    const createdAt = Math.floor(time.now() / SECOND) * SECOND;
    const facts = { id: jobId(7, createdAt), createdAt, kind: 'cluster', groupId: 'beta' } as const;
    const job = aJob([], { ...facts, instanceName: 'beta-0' });
    const { listJobs } = source;
    source.jobs = [job];
    source.listJobs = (target, options) =>
      target.instanceName === 'beta-0'
        ? listJobs(target, options)
        : createFakeSource().listJobs(target, options);
    await time.pass(5 * SECOND);
    expect(await world.told()).toEqual(['started']);
    const ended = (how: Milestone, over: Partial<RestoreJob> = {}) => {
      source.jobs = [aJob([how], { ...facts, instanceName: 'beta-0', ...over }, 1)];
    };
    return { ...world, ended };
  }

  it('has its restore followed to the end where it was deleted and its backups are kept', async () => {
    const { time, source, told, ended, askedFor } = await aWorldWithRestore();
    const [deleted, ...others] = source.instances.get('beta') ?? [];
    source.instances.set('beta', [{ ...deleted!, isDeleted: true }, ...others]);
    await time.pass(2 * MINUTE);
    expect(await told()).toEqual(['started']);
    ended('finished');
    await time.pass(5 * SECOND);
    expect(await told()).toEqual(['started', 'finished']);
    await time.pass(MINUTE);
    expect(askedFor('job of beta-0', 30 * SECOND)).toBe(0);
    expect(askedFor('beta-0', 30 * SECOND)).toBe(0);
  });

  it('has its restore followed to the end after a restart as well', async () => {
    const { time, source, told, ended, restart } = await aWorldWithRestore();
    source.instances.set('beta', (source.instances.get('beta') ?? []).slice(1));
    await restart();
    await time.pass(5 * SECOND);
    ended('failed');
    await time.pass(5 * SECOND);
    expect(await told()).toEqual(['started', 'failed']);
  });

  it('has the end of its restore told once, by the watch that has it now', async () => {
    const { time, told, events, ended, restart, watch, askedFor } = await aWorldWithRestore();
    const named = { ...watch, name: 'named', groupId: 'beta', instanceName: 'beta-0' };
    const cession = { to: 'named', groupId: 'beta', instanceName: 'beta-0', exclude: [], jobIds: [] };
    await restart([{ ...watch, cedes: [cession] }, named]);
    await time.pass(5 * SECOND);
    ended('failed');
    await time.pass(2 * MINUTE);
    expect(await told()).toEqual(['started', 'failed']);
    expect((await events()).map(({ subject }) => subject.kind === 'job' && subject.watch)).toEqual([
      'fleet',
      'named',
    ]);
    expect(askedFor('job of beta-0', MINUTE)).toBe(0);
    await restart([watch]);
    await time.pass(MINUTE);
    expect(await told()).toEqual(['started', 'failed']);
  });

  it.each([
    ['left out by the name that people see', { exclude: ['Beta*'] }, 'the configuration leaves it out'],
    [
      'of another watch by that name',
      { cedes: [{ to: 'x', groupId: 'beta', instanceName: 'Beta Zero', exclude: [], jobIds: [] }] },
      'another watch has it now',
    ],
  ])('is let go of where it is %s, also after a restart', async (_, over, words) => {
    const { time, source, told, events, ended, restart, watch, askedFor, meets } = await aWorldWithRestore();
    const [first, ...others] = source.instances.get('beta') ?? [];
    source.instances.set('beta', [{ ...first!, name: 'Beta Zero' }, ...others]);
    meets(({ instanceName }) => (instanceName === 'beta-0' ? AWAY : null));
    await time.pass(45 * SECOND);
    expect(await told()).toEqual(['started', 'watch_failing beta/beta-0']);
    meets(() => null);
    for (let starts = 0; starts < 2; starts += 1) {
      await restart([{ ...watch, ...over }]);
      ended('failed');
      await time.pass(2 * MINUTE);
      expect(await told()).toEqual(['started', 'watch_failing beta/beta-0', 'watch_recovered beta/beta-0']);
      expect(askedFor('beta-0', MINUTE) + askedFor('job of beta-0', MINUTE)).toBe(0);
    }
    expect((await events()).at(-1)?.summary).toMatch(
      new RegExp(`^Watch fleet no longer follows beta-0 .*: ${words}$`),
    );
  });

  it('has its restore told as missing where nobody can ask for it any more', async () => {
    const { time, source, store, told, meets } = await aWorldWithRestore();
    source.instances.set('beta', (source.instances.get('beta') ?? []).slice(1));
    meets(({ instanceName }) => (instanceName === 'beta-0' ? NOT_THERE : null));
    await time.pass(20 * SECOND);
    expect(await told()).toEqual(['started', 'missing']);
    expect(await store.oldestRunning(['fleet'], 9)).toEqual([]);
  });

  it('has its restore read as the kind that it has become', async () => {
    const { time, source, told, ended } = await aWorldWithRestore();
    source.instances.set('beta', (source.instances.get('beta') ?? []).slice(1));
    const { readJob, listJobs } = source;
    const isOther = new SourceError('wrong_kind', 'a flex cluster', {
      subject: 'kind',
      suggestedKind: 'flex',
    });
    source.readJob = async (target, ...rest) => {
      if (target.kind !== 'flex') throw isOther;
      return readJob({ ...target, instanceName: 'beta-0' }, ...rest);
    };
    source.listJobs = (target, options) => {
      if (target.instanceName === 'beta-0') throw isOther;
      return listJobs(target, options);
    };
    ended('finished', { kind: 'flex' });
    await time.pass(20 * SECOND);
    expect(await told()).toEqual(['started', 'finished']);
  });
});
