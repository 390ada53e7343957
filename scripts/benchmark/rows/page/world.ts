import { type Home, makeHome } from '../../../../test/support/daemon.ts';
import { type Atlas, startAtlas } from '../../atlas/atlas.ts';
import type { JobTimes } from '../../atlas/jobs.ts';
import type { Bench } from '../../bench.ts';
import { connectionTo, watchOf } from '../../program/config.ts';
import type { ImageProgram } from '../../program/image.ts';
import { startWatcher, type Watcher } from '../../program/watcher.ts';

/** How much there is to be seen. */
export interface PageScale {
  watches: number;
  /** Restores of the last 24 hours that have ended, evenly spread over the watches. */
  jobs: number;
  /** Restores that run. */
  running: number;
}

const SCALE = {
  long: { watches: 200, jobs: 2_000, running: 20 },
  short: { watches: 4, jobs: 20, running: 2 },
} as const;
const WATCHES_PER_PROJECT = 10;

const HOUR_S = 3_600;
const MS_PER_SECOND = 1_000;
const RANGE_S = 24 * HOUR_S;
/** The first restores began so long after the beginning of the range, and each watch is so much behind the one before. */
const FIRST_S = 600;
const BEHIND_S = 20;
/** From each restore of a watch to the next: the seven that follow those that have ended began some time ago as well. */
const APART_S = 80 * 60;

/** A daemon with as much to show as its page is asked for, and the Atlas that it watches. */
export interface BusyWorld {
  readonly scale: PageScale;
  readonly atlas: Atlas;
  readonly home: Home;
  readonly watcher: Watcher;
  /** The names of its watches, which are those of their instances. */
  readonly names: readonly string[];
  /** Has the restore with this number begin: one more, on another watch than the one before. */
  begin(number: number): Promise<void>;
  /** Has that end. */
  end(number: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts the daemon, and resolves when everything was polled. */
export async function startBusyWorld(
  bench: Bench,
  { schedule, image = bench.image }: { schedule: string; image?: ImageProgram },
): Promise<BusyWorld> {
  const scale = bench.isShort ? SCALE.short : SCALE.long;
  const { watches, jobs, running } = scale;
  const perWatch = jobs / watches;
  const places = Array.from({ length: watches }, (_, index) => ({
    instanceName: `page-${String(index).padStart(3, '0')}`,
    groupId: `64b0c1d2e3f4a5b6c7d8${Math.floor(index / WATCHES_PER_PROJECT)
      .toString(16)
      .padStart(4, '0')}`,
    times: timesOf(index),
  }));
  const atlas = await startAtlas();
  for (const [index, place] of places.entries()) {
    await atlas.put({ ...place, count: perWatch, state: 'ended' });
    if (index < running) await atlas.put({ ...place, from: perWatch, count: 1, state: 'running' });
  }
  const home = await makeHome({
    connections: [connectionTo(atlas.url)],
    watches: places.map(({ instanceName, groupId }) =>
      watchOf({ instanceName, groupId, name: instanceName, schedule }),
    ),
  });
  bench.say(`a daemon with ${watches} watches and ${jobs} restores`);
  const watcher = await startWatcher(image, home);
  await watcher.polled();
  const placeOf = (number: number) => places[number % watches] ?? places[0] ?? missing();
  /** Each watch has a restore of its own before one has a second. */
  const jobOf = (number: number): number => perWatch + 1 + Math.floor(number / watches);
  return {
    ...{ scale, atlas, home, watcher },
    names: places.map(({ instanceName }) => instanceName),
    begin: (number) => atlas.put({ ...placeOf(number), from: jobOf(number), count: 1, state: 'running' }),
    end: (number) => atlas.finish(placeOf(number).instanceName, jobOf(number), 1),
    close: async () => {
      await watcher.stop();
      await atlas.stop();
      await home.remove();
    },
  };
}

function timesOf(watch: number): JobTimes {
  const now = Math.floor(Date.now() / MS_PER_SECOND);
  return { first: now - RANGE_S + FIRST_S + watch * BEHIND_S, apart: APART_S };
}

function missing(): never {
  throw new Error('there is no watch');
}
