import axe from 'axe-core';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HAS_BROWSER, openPage, startBrowser } from '../../support/browser.ts';
import { addPast, addToday } from '../../support/page-life.ts';
import { type PageWorld, startPageWorld } from '../../support/page-world.ts';
import { PATIENCE_MS } from '../../support/patience.ts';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** It stands in the page without a script of the page's own, which the page forbids. */
const RUN = `axe.run(document, { runOnly: ${JSON.stringify(RULES)} }).then(({ violations, passes }) => ({
  passes: passes.length,
  violations: violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target).join(' ')),
}))`;

const LOOKS: Record<string, BrowserContextOptions> = {
  'in light': { colorScheme: 'light' },
  'in dark': { colorScheme: 'dark' },
  'on a phone': { viewport: { width: 390, height: 844 } },
  'in forced colours': { forcedColors: 'active' },
};

describe.skipIf(!HAS_BROWSER)('for everybody to read', { timeout: 4 * PATIENCE_MS }, () => {
  let browser: Browser;
  let world: PageWorld;
  let running: ReturnType<typeof addToday>;
  beforeAll(async () => {
    [browser, world] = await Promise.all([startBrowser(), startPageWorld()]);
    addPast(world);
    await world.untilShown('Everything is seen');
    running = addToday(world);
    world.blind('sessions');
    await world.untilShown('1 of 5 watches is blind');
    await world.untilShown(/Running now <span class="count">3/);
  }, 3 * PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  it.each(Object.entries(LOOKS))('the page has no fault that axe knows, %s', async (_look, options) => {
    const { page, complaints } = await openPage(browser, world.url, options);
    await page.getByText('live', { exact: true }).waitFor({ timeout: PATIENCE_MS });
    await page.evaluate(axe.source);
    const found = (await page.evaluate(RUN)) as { passes: number; violations: string[] };
    expect(found.violations).toEqual([]);
    expect(found.passes).toBeGreaterThan(20);
    expect(complaints).toEqual([]);
  });

  it.each(Object.entries(LOOKS))('the page of a restore has none, %s', async (_look, options) => {
    const { page, complaints } = await openPage(browser, `${world.url}/jobs/${running.orders}`, options);
    await page.getByRole('heading', { name: 'Restore of orders to orders-drill' }).waitFor();
    await page.getByRole('heading', { name: 'Audit log' }).waitFor();
    // How long it takes beside those before it.
    await page.locator('figure.plot svg.durations').first().waitFor();
    await page.evaluate(axe.source);
    expect(((await page.evaluate(RUN)) as { violations: string[] }).violations).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it.each(Object.entries(LOOKS))(
    'the page of one watch has none, with its plots, %s',
    async (_look, options) => {
      const { page, complaints } = await openPage(browser, `${world.url}/?watch=orders`, options);
      await page.locator('#watches figure.plot svg.durations').first().waitFor({ timeout: PATIENCE_MS });
      await page.evaluate(axe.source);
      expect(((await page.evaluate(RUN)) as { violations: string[] }).violations).toEqual([]);
      expect(complaints).toEqual([]);
    },
  );

  it('does not scroll sideways on a phone', async () => {
    const { page } = await openPage(browser, world.url, { viewport: { width: 390, height: 844 } });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  });
});
