import { setTimeout as delay } from 'node:timers/promises';
import { fail, finish } from '../../src/simulator/atlas/scenario.ts';
import { openPage, startBrowser } from '../../test/support/browser.ts';
import { addPast, addToday } from '../../test/support/page-life.ts';
import { type PageWorld, startPageWorld } from '../../test/support/page-world.ts';

const MINUTE = 60_000;
/** A page that has just been merged is drawn by then. */
const DRAWN_MS = 1_500;

/** How one picture is taken. */
interface Shot {
  name: string;
  path: string;
  width: number;
  colorScheme: 'light' | 'dark';
  /** Down to this height, in pixels. */
  height: number;
}

/** Takes the pictures of the page: the real daemon, beside a simulated Atlas, in a real browser. */
export async function shootPages(folder: string): Promise<void> {
  const world = await startPageWorld();
  try {
    const failed = await liveOn(world);
    await shoot(world, folder, [
      { name: 'page-light', path: '/', width: 1_280, colorScheme: 'light', height: 1_180 },
      { name: 'page-dark', path: '/?range=7d', width: 1_280, colorScheme: 'dark', height: 1_180 },
      { name: 'page-phone', path: '/', width: 390, colorScheme: 'light', height: 1_100 },
      { name: 'page-job', path: `/jobs/${failed}`, width: 1_100, colorScheme: 'light', height: 1_120 },
    ]);
    world.blind('sessions');
    await world.untilShown('1 of 5 watches is blind');
    await shoot(world, folder, [
      { name: 'page-blind', path: '/', width: 1_280, colorScheme: 'light', height: 760 },
    ]);
  } finally {
    await world.close();
  }
}

/** Lets restores begin and end, of which one fails. Gives the id of that one. */
async function liveOn(world: PageWorld): Promise<string> {
  addPast(world);
  await world.untilShown('Everything is seen');
  addToday(world);
  await world.untilShown(/Running now <span class="count">3/);
  await world.command(
    ...['mute', 'add', '--watch', 'catalog', '--for', '2d'],
    ...['--author', 'anna', '--reason', 'moving catalog to the new region'],
  );
  const ledger = world.restore('ledger', { createdAt: Date.now() - 5 * MINUTE, target: 'ledger-drill' });
  const catalog = world.restore('catalog', { createdAt: Date.now() - 2 * MINUTE, target: 'catalog-drill' });
  await world.untilShown(/Running now <span class="count">5/);
  world.change('ledger', ledger, fail(Date.now(), {}));
  world.change('catalog', catalog, finish(Date.now()));
  await world.untilShown(/Running now <span class="count">3/);
  return ledger;
}

async function shoot({ url }: PageWorld, folder: string, shots: readonly Shot[]): Promise<void> {
  const browser = await startBrowser();
  try {
    for (const { name, path, width, height, colorScheme } of shots) {
      const viewport = { width, height };
      const { page } = await openPage(browser, url + path, { viewport, colorScheme });
      await delay(DRAWN_MS);
      await page.screenshot({ path: `${folder}/${name}.png` });
    }
  } finally {
    await browser.close();
  }
}
