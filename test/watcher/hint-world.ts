import { onTestFinished } from 'vitest';
import type { RestoreJob } from '../../src/domain/job/restore-job.ts';
import type { Watch } from '../../src/domain/job/watch.ts';
import type { FeedEvent } from '../../src/domain/polling/feed-events.ts';
import { SourceError } from '../../src/errors.ts';
import { createSignals } from '../../src/signals.ts';
import type { Store } from '../../src/store/store.ts';
import { createRunner, type Runner } from '../../src/watcher/runner.ts';
import { blindnessOf } from '../../src/watcher/status.ts';
import { aJob, aWatch, GROUP_ID, MINUTE, T0 } from '../support/builders.ts';
import { createFakeNotifier } from '../support/fake-notifier.ts';
import { createFakeSource } from '../support/fake-source.ts';
import { type FakeTime, fakeTime } from '../support/fake-time.ts';
import { ALONE, aRunnerConfig } from '../support/runner-config.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { openEmbeddedStore } from '../support/test-store.ts';

export const FLEET: Partial<Watch> = {
  name: 'fleet',
  kind: 'cluster',
  apiVersion: 'v2',
  instanceName: '*',
  announceExisting: false,
};

/** Hours go by here: what is looked at every second or so otherwise is looked at a few times between two polls. */
const PACE = { beatEveryMs: 10_000, lateAfterMs: 100_000, lookEveryMs: 30_000 };

/** The whole watcher before an Atlas in memory that has an activity feed. */
export async function aHintedWorld(
  { clusters = 5, ...over }: Partial<Watch> & { clusters?: number } = {},
  others: readonly Watch[] = [],
) {
  const time = fakeTime(T0);
  const source = createFakeSource();
  const names = Array.from({ length: clusters }, (_, n) => `cluster-${n}`);
  source.instances.set(
    GROUP_ID,
    names.map((name) => ({ instanceName: name, name, tags: {} })),
  );
  const jobs = new Map<string, RestoreJob[]>();
  const polls: Array<{ what: string; at: number }> = [];
  const feeds: number[] = [];
  const { listJobs, readFeed } = source;
  source.listJobs = async function* (target, options) {
    polls.push({ what: target.instanceName, at: time.monotonic() });
    source.jobs = jobs.get(`${target.kind}/${target.instanceName}`) ?? [];
    yield* listJobs(target, options);
  };
  source.readFeed = async (...asked) => {
    feeds.push(time.monotonic());
    return readFeed(...asked);
  };
  const store: Store = { ...(await openEmbeddedStore()), checkWritable: async () => {} };
  const logger = createRecordingLogger();
  const signals = createSignals(logger);
  const judged: boolean[] = [];
  signals.on('feed:judged', ({ isTold }) => judged.push(isTold));
  const config = aRunnerConfig({
    watches: [aWatch({ ...FLEET, ...over }), ...others],
    sources: new Map([['atlas', source]]),
    notifiers: [createFakeNotifier()],
  });
  const begin = async (): Promise<Runner> => {
    const runner = createRunner({ ...config, ...ALONE, store, clock: time, logger, signals, pace: PACE });
    await runner.start();
    return runner;
  };
  let runner = await begin();
  const end = async (): Promise<void> => {
    const stopping = runner.stop('test');
    await time.pass(10_000);
    await stopping;
  };
  onTestFinished(async () => {
    await end();
    await store.close();
  });
  let count = 0;

  return {
    ...{ time, source, logger, polls, feeds, judged, store },
    /** Somebody restores; the feed tells of it after `lagMs`, or (`null`) not at all. Gives the id of the job. */
    restore: (
      name: string,
      {
        lagMs = 0,
        kind = 'cluster' as const,
        reached = ['finished'],
      }: {
        lagMs?: number | null;
        kind?: 'cluster' | 'collection';
        reached?: Parameters<typeof aJob>[0];
      } = {},
    ): string => {
      count += 1;
      const second = Math.floor(time.now() / 1_000);
      const id = second.toString(16).padStart(8, '0') + count.toString(16).padStart(16, '0');
      const createdAt = second * 1_000;
      const key = `${kind}/${name}`;
      const job = aJob(reached, { id, kind, instanceName: name, createdAt, groupId: GROUP_ID });
      jobs.set(key, [...(jobs.get(key) ?? []), job]);
      const event: FeedEvent = { id: `e${count}`, type: 'CPS_RESTORE_REQUESTED_AUDIT', at: createdAt };
      if (lagMs !== null) {
        setTimeout(() => {
          source.feed.set(GROUP_ID, [...(source.feed.get(GROUP_ID) ?? []), event]);
        }, lagMs);
      }
      return id;
    },
    status: () => runner.status().watches,
    isBlind: () => runner.status().watches.some((watch) => blindnessOf(watch) === 'overdue'),
    /** The configuration is read again, as it is. */
    reload: () => runner.apply(config, () => async () => {}),
    /** Another process on the same store. */
    restart: async () => {
      await end();
      runner = await begin();
    },
    /** How many polls, and looks at the feed, there were in the last so many milliseconds. */
    lately: (ms: number) => {
      const since = time.monotonic() - ms;
      return {
        polls: polls.filter(({ at }) => at > since).length,
        feeds: feeds.filter((at) => at > since).length,
      };
    },
    /** When each job was told of, by id, by the clock of the test. */
    detected: async (): Promise<Map<string, number>> => {
      const { items } = await store.listEvents({ limit: 500 });
      return new Map(
        items.flatMap(({ event }) =>
          event.name === 'started' && event.subject.kind === 'job'
            ? [[event.subject.job.id, event.detectedAt]]
            : [],
        ),
      );
    },
    audit: async (): Promise<Array<Record<string, unknown>>> =>
      (await store.readAudit(0, 5_000))
        .filter(({ kind }) => kind.startsWith('feed.'))
        .map(({ kind, data }) => ({ entry: kind, ...data })),
    lines: (level: string) =>
      logger.lines.filter((line) => line.level === level).map(({ message }) => message),
  };
}

/** Lets the first hour pass, in which every tick sweeps. */
export async function firstHour({ time }: { time: FakeTime }): Promise<void> {
  await time.pass(61 * MINUTE);
}

/** Atlas refuses the feed. */
export function refusal(): SourceError {
  return new SourceError('refused', 'GET /events: 403 ACCESS_FORBIDDEN', { status: 403, retryable: false });
}

/** Atlas does not answer. */
export function outage(): SourceError {
  return new SourceError('unavailable', 'GET /events: no answer', { retryable: true });
}
