import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createLiveHub } from '../../../src/http/live/hub.ts';
import type { Stream } from '../../../src/http/live/stream.ts';
import { renderSections } from '../../../src/http/page/page.ts';
import { anObservation } from '../../support/builders.ts';
import { aRecord, aRunning, pageFacts } from '../../support/page-facts.ts';

const QUERY = { range: '24h', watch: null, event: null } as const;

/** A hub whose pages show a restore more at each look, and what it does. At every glance there is news unless it is told that nothing happens. */
function aHub() {
  const rendered: number[] = [];
  const moments: unknown[] = [];
  const watched: boolean[] = [];
  let tellChange = (): void => {};
  let happened = 0;
  let goesOn = true;
  let isRead = true;
  const start = performance.now();
  const hub = createLiveHub({
    pages: {
      moment: () => ({
        news: async () => (isRead ? `${goesOn ? ++happened : happened}` : null),
        entries: () => Promise.reject(new Error('not asked')),
        status: () => pageFacts().status,
        report: () => Promise.reject(new Error('not asked')),
      }),
      page: async (_view, moment) => {
        rendered.push(performance.now() - start);
        moments.push(moment);
        const running = Array.from({ length: rendered.length }, () => aRunning(anObservation()));
        const facts = pageFacts({ record: aRecord({ running }) });
        return { facts, sections: renderSections(facts) };
      },
    },
    onChange: (listener) => {
      tellChange = listener;
      return () => {};
    },
    onWatched: (isWatched) => void watched.push(isWatched),
    onOutcome: (error) => {
      if (error !== null) throw error;
    },
    clock: systemClock,
  });
  return {
    ...{ hub, rendered, moments, watched },
    tellChange: () => tellChange(),
    /** Nothing happens any more. */
    rest: () => {
      goesOn = false;
    },
    /** One thing happens. */
    happen: () => {
      happened += 1;
    },
    /** Nobody can say what happens. */
    loseSight: () => {
      isRead = false;
    },
  };
}

/** The same with one page that was told all, where nothing happens any more. */
async function aRestingHub() {
  const world = aHub();
  const { stream, passed } = aPage();
  world.hub.join({ query: QUERY, viewer: 'anybody' }, new Map(), stream);
  await vi.advanceTimersByTimeAsync(0);
  world.rest();
  return { ...world, passed };
}

/** A page that listens, and what it is passed. */
function aPage() {
  const passed: Uint8Array[] = [];
  let gone = (): void => {};
  const stream: Stream = {
    send: () => {},
    pass: (message) => void passed.push(message),
    onGone: (listener) => {
      gone = listener;
    },
    hasRoom: async () => true,
    end: () => {},
  };
  return { stream, passed, leave: () => gone() };
}

describe('the hub of open pages', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('renders once for twenty pages that show the same, and writes to each once a look, all of them the same bytes', async () => {
    const { hub, rendered } = aHub();
    const pages = Array.from({ length: 20 }, aPage);
    for (const { stream } of pages) hub.join({ query: QUERY, viewer: 'anybody' }, new Map(), stream);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(rendered).toHaveLength(2);
    const messages = new Set(pages.flatMap(({ passed }) => passed));
    expect(messages.size).toBe(rendered.length);
    for (const { passed } of pages) expect(passed).toEqual([...messages]);
  });

  it('has pages of other views look at the same moment', async () => {
    const { hub, moments } = aHub();
    for (const watch of ['orders', 'carts', 'ledger'])
      hub.join({ query: { ...QUERY, watch }, viewer: 'anybody' }, new Map(), aPage().stream);
    await vi.advanceTimersByTimeAsync(0);
    expect(moments).toHaveLength(3);
    expect(new Set(moments).size).toBe(1);
  });

  it('looks every four seconds while nothing happens, and within one of what nothing tells of', async () => {
    const { rendered, happen } = await aRestingHub();
    await vi.advanceTimersByTimeAsync(8_500);
    expect(rendered).toEqual([0, 4_000, 8_000]);
    happen();
    await vi.advanceTimersByTimeAsync(500);
    expect(rendered).toEqual([0, 4_000, 8_000, 9_000]);
  });

  it('looks for who comes though nothing has happened, and every second while nobody can say whether anything has', async () => {
    const { hub, rendered, loseSight } = await aRestingHub();
    await vi.advanceTimersByTimeAsync(1_500);
    const { stream, passed } = aPage();
    hub.join({ query: QUERY, viewer: 'anybody' }, new Map(), stream);
    await vi.advanceTimersByTimeAsync(0);
    expect(rendered).toEqual([0, 1_500]);
    expect(passed).toHaveLength(1);
    loseSight();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(rendered).toEqual([0, 1_500, 2_500, 3_500, 4_500]);
  });

  it('shows that it lives every four seconds, in what it sends anyway where there is anything', async () => {
    const { passed } = await aRestingHub();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(passed.map((message) => Buffer.from(message).toString().split('event: sign').length - 1)).toEqual(
      Array.from({ length: 16 }, () => 1),
    );
  });

  it('looks soon when something is recorded, and every three quarters of a second while that does not end', async () => {
    const { hub, rendered, tellChange } = aHub();
    hub.join({ query: QUERY, viewer: 'anybody' }, new Map(), aPage().stream);
    await vi.advanceTimersByTimeAsync(600);
    tellChange();
    await vi.advanceTimersByTimeAsync(200);
    expect(rendered).toEqual([0, 800]);
    for (let passed = 0; passed < 3_000; passed += 20) {
      tellChange();
      await vi.advanceTimersByTimeAsync(20);
    }
    expect(rendered.slice(1, 5)).toEqual([800, 1_550, 2_300, 3_050]);
  });

  it('tells when the first page comes, and when the last one has gone', () => {
    const { hub, watched } = aHub();
    const pages = [aPage(), aPage()];
    for (const { stream } of pages) hub.join({ query: QUERY, viewer: 'anybody' }, new Map(), stream);
    expect(watched).toEqual([true]);
    pages[0]?.leave();
    expect(watched).toEqual([true]);
    pages[1]?.leave();
    expect(watched).toEqual([true, false]);
    hub.join({ query: QUERY, viewer: 'anybody' }, new Map(), aPage().stream);
    expect(watched).toEqual([true, false, true]);
    hub.close();
  });
});
