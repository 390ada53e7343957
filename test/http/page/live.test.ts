import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fail } from '../../../src/simulator/atlas/scenario.ts';
import { HAS_BROWSER, openPage, startBrowser } from '../../support/browser.ts';
import { addPast } from '../../support/page-life.ts';
import { type PageWorld, startPageWorld } from '../../support/page-world.ts';
import { PATIENCE_MS } from '../../support/patience.ts';

const patient = { timeout: PATIENCE_MS };

describe.skipIf(!HAS_BROWSER)('the page in a browser', { timeout: 4 * PATIENCE_MS }, () => {
  let browser: Browser;
  let world: PageWorld;
  beforeAll(async () => {
    [browser, world] = await Promise.all([startBrowser(), startPageWorld()]);
    addPast(world);
    await world.untilShown('Everything is seen');
  }, 2 * PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  it('shows a restore that begins, and its end, without being loaded again', async () => {
    const { page, complaints } = await openPage(browser, world.url);
    await page.evaluate('window.wasLoaded = "once"');
    await page.getByText('No restore is running').waitFor(patient);

    const id = world.restore('orders', { createdAt: Date.now() - 60_000, target: 'orders-drill' });
    const card = page.locator('#running article');
    await card.getByRole('heading', { name: 'orders to orders-drill' }).waitFor(patient);
    await page.locator('#events').getByText('started').first().waitFor(patient);

    world.change('orders', id, fail(Date.now(), {}));
    await page.locator('#events .pill.critical').getByText('failed').waitFor(patient);
    await page.getByText('No restore is running').waitFor(patient);
    await page
      .locator(`#timeline a[href="/jobs/${id}"] .bar.failed`)
      .waitFor({ ...patient, state: 'attached' });
    expect(await page.evaluate('window.wasLoaded')).toBe('once');
    expect(complaints).toEqual([]);
  });

  it('leaves the focus and what was opened as they are when it changes', async () => {
    const { page, complaints } = await openPage(browser, world.url);
    const id = world.restore('catalog', { createdAt: Date.now() - 60_000 });
    const card = page.locator(`#running article[id*="${id}"]`);
    await card.waitFor(patient);
    await card.getByText('What was told to whom').click();
    await card.getByText('told siem').waitFor(patient);
    await card.locator('summary').focus();

    const other = world.restore('orders', { createdAt: Date.now() - 60_000 });
    await page.locator(`#running article[id*="${other}"]`).waitFor(patient);
    expect(await card.locator('details').getAttribute('open')).not.toBeNull();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('What was told to whom');
    expect(complaints).toEqual([]);
  });
});
