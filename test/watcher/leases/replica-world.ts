import { onTestFinished } from 'vitest';
import type { Watch } from '../../../src/domain/job/watch.ts';
import { StoreError } from '../../../src/errors.ts';
import { createSignals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { createRunner, type Runner } from '../../../src/watcher/runner.ts';
import { aRoute, aWatch, T0 } from '../../support/builders.ts';
import { createFakeNotifier, type FakeNotifier } from '../../support/fake-notifier.ts';
import { createFakeSource, type FakeSource } from '../../support/fake-source.ts';
import { type FakeTime, fakeTime } from '../../support/fake-time.ts';
import { aJoining } from '../../support/joining.ts';
import { openReplicaStores } from '../../support/replica-stores.ts';
import { ALONE, aRunnerConfig } from '../../support/runner-config.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

/** One replica: all of it but Atlas and the receivers. */
export interface ReplicaUnderTest {
  name: string;
  runner: Runner;
  store: Store;
  notifiers: FakeNotifier[];
  /** Its way to the store: while it is cut off, no method works. */
  link: Link;
  /** Thrown when it asks Atlas for anything. */
  road: { fault: Error | null };
  lines: ReadonlyArray<{ level: string; message: string }>;
  stop(): Promise<void>;
}

/** Between a replica and the store. */
interface Link {
  isCutOff: boolean;
  /** What it has asked for under no lease. */
  unfenced: Array<{ method: string; args: unknown[] }>;
}

/** Replicas over one store and one Atlas, in a time of their own. */
export interface ReplicaWorld {
  time: FakeTime;
  atlas: FakeSource;
  /** Each poll: which replica, which project, when. */
  polls: Array<{ replica: string; groupId: string; at: number }>;
  /** Who signs the audit log at this moment, under a lease. */
  signers: Set<string>;
  /** Each list of projects: which replica, when. */
  lists: Array<{ replica: string; at: number }>;
  /** Each message that was accepted: by which replica. */
  heard: () => Array<{ replica: string; channel: string; eventId: string; name: string }>;
  start(name: string, over?: { configuration?: string }): Promise<ReplicaUnderTest>;
}

const CHANNELS = ['oncall', 'dba', 'siem'];
/** As the daemon has it. */
const PACE = { beatEveryMs: 1_000, lateAfterMs: 5_000, lookEveryMs: 5_000 };

/** So many that each of two replicas has some: whose a project is goes by hashes of the ids of replicas, which are others each time. */
export const PROJECTS = Array.from({ length: 16 }, (_, index) => `project-${index}`);

/** A watch of each project, polled every second, and three channels that hear of everything. */
export function aReplicaWorld(
  watches: readonly Watch[] = PROJECTS.map((groupId, index) =>
    aWatch({ name: `watch-${index}`, groupId, schedule: '* * * * * *' }),
  ),
): ReplicaWorld {
  const time = fakeTime(T0);
  const stores = openReplicaStores(() => time.truth());
  const atlas = createFakeSource();
  const polls: ReplicaWorld['polls'] = [];
  const lists: ReplicaWorld['lists'] = [];
  const replicas: ReplicaUnderTest[] = [];
  const signers = new Set<string>();

  const start: ReplicaWorld['start'] = async (name, { configuration = 'c0ffee' } = {}) => {
    const link: Link = { isCutOff: false, unfenced: [] };
    const road: ReplicaUnderTest['road'] = { fault: null };
    const travel = (): void => {
      if (road.fault) throw road.fault;
    };
    const store = cuttable(stores.open(), link);
    const membership = await store.join(aJoining({ name, configuration }));
    const source: FakeSource = {
      ...atlas,
      listJobs: async function* (target, options) {
        polls.push({ replica: name, groupId: target.groupId, at: time.truth() });
        travel();
        yield* atlas.listJobs(target, options);
      },
      readJob: async (target, id, options) => {
        travel();
        return atlas.readJob(target, id, options);
      },
      listInstances: async (place, options) => {
        travel();
        return atlas.listInstances(place, options);
      },
      listProjects: async (place, options) => {
        lists.push({ replica: name, at: time.truth() });
        travel();
        return atlas.listProjects(place, options);
      },
    };
    const logger = createRecordingLogger();
    const notifiers = CHANNELS.map((channel) => createFakeNotifier({ channel }));
    const config = aRunnerConfig({
      watches,
      sources: new Map([['atlas', source]]),
      routes: [aRoute({ events: ['*'], channels: CHANNELS })],
      notifiers,
      configuration,
    });
    const runner = createRunner({
      ...{ ...config, ...ALONE, membership, store, clock: time, logger },
      signals: createSignals(logger),
      pace: PACE,
      signing: async (whole) => {
        await whole.recordCheckpoint({ at: time.truth(), key: 'one key', sign: () => `begun by ${name}` });
        signers.add(name);
        return async () => {
          signers.delete(name);
        };
      },
    });
    let stopping: Promise<void> | null = null;
    const replica: ReplicaUnderTest = {
      ...{ name, runner, store, notifiers, link, road, lines: logger.lines },
      stop: () => {
        stopping ??= runner.stop('test');
        return stopping;
      },
    };
    replicas.push(replica);
    await runner.start();
    return replica;
  };

  onTestFinished(async () => {
    const ends = Promise.all(replicas.map((replica) => replica.stop()));
    await time.pass(30_000);
    await ends;
  });
  return {
    ...{ time, atlas, polls, lists, start, signers },
    heard: () =>
      replicas.flatMap(({ name, notifiers }) =>
        notifiers.flatMap(({ channel, accepted }) =>
          accepted.flat().map((notice) => ({ ...notice, replica: name, channel })),
        ),
      ),
  };
}

/** The same store, whose methods fail while it is cut off, whatever it is written under. */
function cuttable(store: Store, link: Link, isFenced = false): Store {
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'under') {
        return (lease: Parameters<Store['under']>[0]) => cuttable(target.under(lease), link, true);
      }
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]): Promise<unknown> => {
        if (!isFenced) link.unfenced.push({ method: String(name), args });
        if (link.isCutOff) throw new StoreError('unavailable', 'cut off');
        const result: unknown = await method.apply(target, args);
        return name === 'join' ? cuttable(result as Store, link) : result;
      };
    },
  });
}
