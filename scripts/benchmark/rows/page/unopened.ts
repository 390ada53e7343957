import { setTimeout as delay } from 'node:timers/promises';
import type { Bench, Row } from '../../bench.ts';
import { memoryOf } from '../../process/process-cost.ts';
import type { ImageProgram } from '../../program/image.ts';
import { buildRevision } from '../../program/revision.ts';
import { inMb, median } from '../../report/figures.ts';
import { atMost, type Line } from '../../report/line.ts';
import { startBusyWorld } from './world.ts';

/** The last program that had no page. */
const BEFORE = '727e26f';
const STARTS = { long: 5, short: 1 };
/** V8 tidies up what a start has left some 8 and 16 s later. (Were everything polled each five seconds, it would now and then keep the room of the start.) */
const SETTLE_MS = { long: 30_000, short: 500 };
/** From one start to the next, private memory differs by as much. */
const NOISE_MB = 2;

/** What a daemon holds whose page nobody opens, beside the program before it had one. */
export const UNOPENED_ROW: Row = { name: 'page-unopened', measure };

async function measure(bench: Bench): Promise<Line[]> {
  bench.say(`building revision ${BEFORE}`);
  const before = buildRevision(BEFORE);
  try {
    const figures: Record<'ours' | 'theirs', Memories> = { ours: noMemories(), theirs: noMemories() };
    for (let start = 0; start < (bench.isShort ? STARTS.short : STARTS.long); start += 1) {
      await holds(bench, bench.image, figures.ours);
      await holds(bench, before.image, figures.theirs);
    }
    const [ours, theirs] = [median(figures.ours.private), median(figures.theirs.private)];
    return [
      {
        what: `memory (private) of a daemon whose page nobody opens, median of ${figures.ours.private.length}`,
        goal: atMost(`that before it had a page (${BEFORE}), give or take ${NOISE_MB} MB`, [
          ours - theirs,
          NOISE_MB,
        ]),
        got: `${words(figures.ours)}; before: ${words(figures.theirs)}`,
      },
    ];
  } finally {
    before.remove();
  }
}

/** In MB, a figure for each start. */
interface Memories {
  resident: number[];
  private: number[];
}

function noMemories(): Memories {
  return { resident: [], private: [] };
}

async function holds(bench: Bench, image: ImageProgram, into: Memories): Promise<void> {
  const world = await startBusyWorld(bench, { schedule: '*/10 * * * * *', image });
  try {
    await delay(bench.isShort ? SETTLE_MS.short : SETTLE_MS.long);
    const memory = memoryOf(world.watcher.pid);
    into.resident.push(inMb(memory.resident));
    into.private.push(inMb(memory.private));
  } finally {
    await world.close();
  }
}

function words({ resident, private: own }: Memories): string {
  return `${median(resident).toFixed(1)} (${median(own).toFixed(1)}) MB`;
}
