import { describe, expect, it, onTestFinished } from 'vitest';
import { createSignals } from '../../../src/signals.ts';
import type { FeedTrust } from '../../../src/store/ports/feeds.ts';
import { FeedBook } from '../../../src/watcher/watch/hint/feed-book.ts';
import { T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

const PROJECTS = Array.from({ length: 300 }, (_, n) => `p${n}`);
const FLEET = { connection: 'atlas', kind: 'cluster' as const };

/** A book of feeds, and what it has recorded, by whom and how much at once. */
async function aBook(recorderNameOf: (groupId: string) => string) {
  const store = await openNewStore();
  onTestFinished(() => store.close());
  const written: Array<[recorder: string, projects: number]> = [];
  const recorders = new Map<string, { recordFeedTrust: (all: readonly FeedTrust[]) => Promise<void> }>();
  const book = new FeedBook({
    store,
    clock: createManualClock(T0),
    signals: createSignals(createRecordingLogger()),
    recorderOf: ({ groupId }) => {
      const name = recorderNameOf(groupId);
      const recorder = recorders.get(name) ?? {
        recordFeedTrust: async (all) => {
          written.push([name, all.length]);
          await store.noteFeedTrust(all, []);
        },
      };
      recorders.set(name, recorder);
      return recorder;
    },
  });
  return { book, written, store };
}

describe('what feeds have proved', () => {
  it('is written for all projects at once by whoever has the store alone', async () => {
    const { book, written, store } = await aBook(() => 'alone');
    await book.prepare(FLEET, PROJECTS);
    expect(written).toEqual([['alone', 300]]);
    expect(await store.readFeedTrust(FLEET, PROJECTS)).toHaveLength(300);
    await book.prepare(FLEET, PROJECTS);
    expect(written).toHaveLength(1);
  });

  it('is written for each project by itself under a lease on it', async () => {
    const { book, written } = await aBook((groupId) => groupId);
    await book.prepare(FLEET, PROJECTS.slice(0, 3));
    expect(written).toEqual([
      ['p0', 1],
      ['p1', 1],
      ['p2', 1],
    ]);
  });
});
