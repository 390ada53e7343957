import { readFile } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { clusterJob, collectionJob, flexJob, running } from '../../src/simulator/atlas/scenario.ts';
import { createAtlasSource } from '../../src/source/atlas-source.ts';
import { clusterJobs } from '../../src/source/kinds/cluster.ts';
import { collectionJobs } from '../../src/source/kinds/collection.ts';
import { flexJobs } from '../../src/source/kinds/flex.ts';
import { pollWatch } from '../../src/watcher/watch/poll-watch.ts';
import { createTargetBook } from '../../src/watcher/watch/targets/book.ts';
import { aConnection } from '../source/support.ts';
import { aWatch, HOUR, MINUTE } from '../support/builders.ts';
import { aRecorder } from '../support/recorder.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { openEmbeddedStore } from '../support/test-store.ts';
import { wholeOf } from '../support/whole-of.ts';
import {
  awaken,
  factsOf,
  GROUP,
  getJson,
  pollsOf,
  settle,
  startWorld,
  until,
  untilPolled,
  type World,
} from './support.ts';

const PROJECTS = 20;
/** In every project: a hundred clusters together. The dedicated ones have restores of two kinds. */
const DEDICATED = 3;
const FLEX = 2;
const KINDS = ['flex', 'cluster', 'collection'] as const;
const TARGETS = { flex: PROJECTS * FLEX, cluster: PROJECTS * DEDICATED, collection: PROJECTS * DEDICATED };
const ALL_TARGETS = 160;

/** The projects, and the instances of each. */
const DISCOVERY = 1 + PROJECTS;

function projectId(number: number): string {
  return `64b0c1d2e3f4a5b6c7d8${number.toString(16).padStart(4, '0')}`;
}

async function aBigWorld(): Promise<World> {
  const world = await startWorld({ atlas: { nonceLifeMs: 24 * HOUR } });
  world.atlas.removeProject(GROUP); // every world has it, with one serverless instance
  for (let project = 0; project < PROJECTS; project += 1) {
    for (let n = 0; n < DEDICATED; n += 1)
      world.atlas.addInstance(projectId(project), `main-${n}`, 'cluster');
    for (let n = 0; n < FLEX; n += 1) world.atlas.addInstance(projectId(project), `flex-${n}`, 'flex');
  }
  return world;
}

/** What the daemon has asked for by now, without the logins. */
function pathsAsked({ atlas }: World): { discovery: string[]; lists: string[] } {
  const paths = atlas.requests.filter(({ authenticated }) => authenticated).map(({ path }) => path);
  const isList = (path: string): boolean => path.includes('estoreJobs?');
  return { discovery: paths.filter((path) => !isList(path)), lists: paths.filter(isList) };
}

it('costs a request for each project to find all clusters, and one for each cluster to poll them', async () => {
  const world = await aBigWorld();
  const store = await openEmbeddedStore();
  onTestFinished(() => store.close());
  const clock = systemClock;
  const source = createAtlasSource({
    connection: aConnection(world.atlas.url),
    clock,
    adapters: [flexJobs, clusterJobs, collectionJobs],
  });
  const { signal } = new AbortController();

  for (const kind of KINDS) {
    const watch = aWatch({ name: kind, kind, apiVersion: 'v2', groupId: '*', instanceName: '*' });
    const logger = createRecordingLogger();
    const book = createTargetBook(
      { ...wholeOf(store), source, store, clock, logger, writeDown: async () => {} },
      watch,
    );
    const poll = async () => {
      const before = pathsAsked(world);
      const report = await pollWatch(
        { source, store, recorder: aRecorder({ store, clock }), clock },
        { watch, book, lateAfterMs: 2 * MINUTE, signal },
      );
      const after = pathsAsked(world);
      return {
        targets: report.targets,
        failure: report.failure,
        discovery: after.discovery.length - before.discovery.length,
        lists: after.lists.length - before.lists.length,
      };
    };
    const targets = TARGETS[kind];
    const idle = { targets, failure: null, discovery: 0, lists: targets };
    expect(await poll()).toEqual({ ...idle, discovery: DISCOVERY });
    expect(await poll()).toEqual(idle);
    expect(await poll()).toEqual(idle);
  }
});

it('follows all that there is, finds what comes, and raises no alarm over what goes', async () => {
  const world = await aBigWorld();
  const { atlas } = world;
  const changes = { groupId: '*', instanceName: '*', discoverEvery: '2s', failingAfter: '10s' };
  const home = await settle(
    world.config({ watches: KINDS.map((kind) => world.watch({ name: kind, kind, ...changes })) }),
  );
  const daemon = await awaken(home);
  const untilEachPolled = () =>
    until(
      async () => [...(await pollsOf(daemon.base, 'ok')).values()].every((count) => count > 0),
      'a poll of each watch',
    );
  await untilEachPolled();
  expect(new Set(pathsAsked(world).lists).size).toBe(ALL_TARGETS);

  // One that comes, with a restore of each kind on it or beside it.
  const place = { createdAt: Date.now(), instance: 'late' };
  const came = [running()(clusterJob(place)), collectionJob(place)];
  atlas.addInstance(projectId(7), 'late', 'cluster');
  for (const job of came) atlas.putJob(projectId(7), 'late', job);
  const doomed = running()(flexJob({ createdAt: Date.now(), instance: 'flex-1' }));
  atlas.putJob(projectId(3), 'flex-1', doomed);
  await world.untilArrived(3, ['webhook']);
  const started = [...came, doomed].map(({ id }) => `${id} started`);
  expect(factsOf(world.told()).toSorted()).toEqual(started.toSorted());

  // One that goes in the middle of a restore, and a whole project.
  atlas.removeInstance(projectId(3), 'flex-1');
  atlas.removeProject(projectId(19));
  const isWrittenDown = async (): Promise<boolean> => {
    const gone = (await readFile(home.auditFile, 'utf8'))
      .split('\n')
      .filter((line) => line.includes('"instance.gone"'));
    return gone.length === 1 + 2 * DEDICATED + FLEX;
  };
  await until(isWrittenDown, 'an entry for each that went');
  await world.untilArrived(4, ['webhook']);
  await untilPolled(daemon, 2);

  expect(await getJson(`${daemon.base}/readyz`)).toMatchObject({ status: 200 });
  expect([...(await pollsOf(daemon.base, 'failed')).values()]).toEqual([0, 0, 0]);
  // What was open there cannot be asked for any more, and that is told.
  expect(factsOf(world.told()).toSorted()).toEqual([...started, `${doomed.id} missing`].toSorted());
});
