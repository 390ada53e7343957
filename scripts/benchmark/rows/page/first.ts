import type { Browser } from 'playwright-core';
import { HAS_BROWSER, startBrowser } from '../../../../test/support/browser.ts';
import type { Bench, Row } from '../../bench.ts';
import { count, median, span } from '../../report/figures.ts';
import { atMost, type Line } from '../../report/line.ts';
import { until } from '../../until.ts';
import { fetchCoded } from './viewers.ts';
import { type BusyWorld, startBusyWorld } from './world.ts';

const WANTED = { kb: 60, paintMs: 200 };
const LOADS = { long: 9, short: 2 };

/** What it takes to open the page: bytes over the wire, and time in a browser that has nothing of it yet. */
export const FIRST_ROW: Row = { name: 'page-first', measure };

async function measure(bench: Bench): Promise<Line[]> {
  const world = await startBusyWorld(bench, { schedule: '*/30 * * * * *' });
  try {
    const lines = HAS_BROWSER ? await paintLines(bench, world) : [];
    return [await bytesLine(world), ...lines];
  } finally {
    await world.close();
  }
}

async function bytesLine({ watcher: { url }, scale }: BusyWorld): Promise<Line> {
  const page = await fetchCoded(`${url}/`);
  const paths = [...page.text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
  const assets: number[] = [];
  for (const path of paths) assets.push((await fetchCoded(url + path)).bytes);
  const kb = [page.bytes, ...assets].reduce((sum, bytes) => sum + bytes, 0) / 1_000;
  return {
    what: `the page of ${count(scale.watches)} watches and ${count(scale.jobs)} restores: bytes over the wire, with all that it loads`,
    goal: atMost(`${WANTED.kb} kB`, [kb, WANTED.kb]),
    got: `${kb.toFixed(1)} kB: ${(page.bytes / 1_000).toFixed(1)} the page (${count(page.text.length / 1_000)} before compression), ${(kb - page.bytes / 1_000).toFixed(1)} style and scripts`,
  };
}

/** Each load in a profile of its own, which has nothing in its cache. The first one of all finds a daemon that has loaded nothing of the page. */
async function paintLines(bench: Bench, { watcher: { url } }: BusyWorld): Promise<Line[]> {
  bench.say('the page in a browser');
  const browser = await startBrowser();
  try {
    // The browser's own first page is no page of ours.
    await paintMs(browser, 'data:text/html,<p>a page</p>');
    const first = await paintMs(browser, `${url}/`);
    const paints: number[] = [];
    for (let load = 0; load < (bench.isShort ? LOADS.short : LOADS.long); load += 1)
      paints.push(await paintMs(browser, `${url}/`));
    return [
      {
        what: `first paint in Chromium, median of ${paints.length}, nothing in its cache`,
        goal: atMost(`${WANTED.paintMs} ms`, [median(paints), WANTED.paintMs]),
        got: `${span(median(paints))} (${span(Math.min(...paints))} to ${span(Math.max(...paints))})`,
      },
      {
        what: 'the same, of the first browser of a daemon, which loads and reads all of it then',
        goal: null,
        got: span(first),
      },
    ];
  } finally {
    await browser.close();
  }
}

async function paintMs(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1_280, height: 900 } });
  try {
    const page = await context.newPage();
    await page.goto(url, { waitUntil: 'load' });
    // It may come after all is loaded. A wait of the browser's own would be evaluated in the page, which allows no such thing.
    const paint = (): Promise<unknown> =>
      page.evaluate('performance.getEntriesByName("first-contentful-paint")[0]?.startTime');
    await until(async () => (await paint()) !== undefined, 10);
    return (await paint()) as number;
  } finally {
    await context.close();
  }
}
