import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createLiveHub } from '../../../src/http/live/hub.ts';
import type { Stream } from '../../../src/http/live/stream.ts';
import { renderSections } from '../../../src/http/page/page.ts';
import { anObservation } from '../../support/builders.ts';
import { aRecord, aRunning, pageFacts } from '../../support/page-facts.ts';

const QUERY = { range: '24h', watch: null, event: null } as const;

/** A hub whose pages show a restore more at each look, and what it does. */
function aHub() {
  const rendered: number[] = [];
  const moments: unknown[] = [];
  const watched: boolean[] = [];
  let tellChange = (): void => {};
  const start = performance.now();
  const hub = createLiveHub({
    pages: {
      moment: () => ({
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
  return { hub, rendered, moments, watched, tellChange: () => tellChange() };
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

  it('looks soon when something is recorded, and twice a second while that does not end', async () => {
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
    expect(rendered.slice(1, 7)).toEqual([800, 1_300, 1_800, 2_300, 2_800, 3_300]);
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
