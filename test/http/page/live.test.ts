import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fail, finish } from '../../../src/simulator/atlas/scenario.ts';
import { HAS_BROWSER, openPage, startBrowser } from '../../support/browser.ts';
import { fetchOnce } from '../../support/fetch-once.ts';
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
    // Others that failed before may stand there too, or among those that are folded away.
    await page.locator('#events > .feed .pill.critical').getByText('failed').first().waitFor(patient);
    await page.getByText('No restore is running').waitFor(patient);
    await page
      .locator(`#timeline a[href="/jobs/${id}"] .bar.failed`)
      .waitFor({ ...patient, state: 'attached' });
    expect(await page.evaluate('window.wasLoaded')).toBe('once');
    expect(complaints).toEqual([]);
  });

  it('shows after many changes what a page shows that is opened then', async () => {
    const { page, complaints } = await openPage(browser, world.url);
    await page.locator('#live-state').getByText('live', { exact: true }).waitFor(patient);
    const ids = (['orders', 'catalog', 'ledger', 'sessions'] as const).map((place, index) => {
      const createdAt = Date.now() - (index + 3) * 60_000;
      return { place, id: world.restore(place, { createdAt, target: `${place}-live` }) };
    });
    for (const { id } of ids) await page.locator(`#running article[id*="${id}"]`).waitFor(patient);
    for (const { place, id } of ids.slice(1)) world.change(place, id, fail(Date.now(), {}));
    await page
      .locator(`#timeline a[href="/jobs/${ids[3]?.id}"] .bar.failed`)
      .waitFor({ ...patient, state: 'attached' });
    world.change('orders', ids[0]?.id ?? '', finish(Date.now()));
    await page.getByText('No restore is running').waitFor(patient);

    const { page: fresh } = await openPage(browser, world.url);
    // What is drawn, without what only the first page has scrolled, opened or counted.
    const drawn =
      'document.querySelector("main").innerHTML.replaceAll(/ data-utc="[^"]*"| title="[^"]*"/g, "")';
    await expect.poll(async () => (await page.evaluate(drawn)) === (await fresh.evaluate(drawn))).toBe(true);
    expect(complaints).toEqual([]);
  });

  it('shows what comes when it comes, by no clock of its own', async () => {
    const { page, complaints } = await openPage(browser, 'about:blank');
    // Whatever waits for a time in the page waits for ever.
    await page.clock.install({ time: Date.now() });
    await page.goto(world.url);
    await page.clock.pauseAt(Date.now() + 1_000);
    await page.locator('#live-state').getByText('live', { exact: true }).waitFor(patient);
    const id = world.restore('ledger', { createdAt: Date.now() - 60_000 });
    await page.locator(`#running article[id*="${id}"]`).waitFor(patient);
    world.change('ledger', id, finish(Date.now()));
    await page.locator('#events .pill').getByText('finished').first().waitFor(patient);
    await page.getByText('No restore is running').waitFor(patient);
    expect(complaints).toEqual([]);
  });

  it('leaves the focus and what was opened as they are when it changes', async () => {
    const { page, complaints } = await openPage(browser, world.url);
    const id = world.restore('catalog', { createdAt: Date.now() - 60_000 });
    const card = page.locator(`#running article[id*="${id}"]`);
    await card.waitFor(patient);
    await card.getByText('What was told to whom').click();
    await card.getByText(/siem \d\d:\d\d/).waitFor(patient);
    await card.locator('summary').focus();

    const other = world.restore('orders', { createdAt: Date.now() - 60_000 });
    await page.locator(`#running article[id*="${other}"]`).waitFor(patient);
    expect(await card.locator('details').getAttribute('open')).not.toBeNull();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('What was told to whom');
    expect(complaints).toEqual([]);
  });

  it('says that it is old while the daemon is away, and goes on by itself when it is back', async () => {
    const { page } = await openPage(browser, world.url);
    await page.locator('#live-state').getByText('live').waitFor(patient);
    await world.daemon.kill('SIGTERM');
    await page.getByText(/no word from the watcher for \d+ s: what you see is old/).waitFor(patient);
    await world.restart();
    await page.locator('#live-state').getByText('live', { exact: true }).waitFor(patient);
    const id = world.restore('billing', { createdAt: Date.now() - 60_000 });
    await page.locator(`#running article[id*="${id}"]`).waitFor(patient);
  });

  it('shows times in the zone of the reader, at a click', async () => {
    const { page, complaints } = await openPage(browser, world.url, { timezoneId: 'Asia/Tokyo' });
    const first = page.locator('#events time').first();
    await first.waitFor(patient);
    const iso = (await first.getAttribute('datetime')) ?? '';
    expect(await first.textContent()).toContain(iso.slice(11, 16));
    await page.getByRole('button', { name: 'Use my time zone' }).click();
    const local = new Date(Date.parse(iso) + 9 * 3_600_000).toISOString().slice(11, 16);
    await expect.poll(() => first.textContent()).toContain(local);
    expect(await page.locator('#zone-name').textContent()).toBe('Asia/Tokyo');
    expect(complaints).toEqual([]);
  });

  it('is reached by the keyboard alone: the filter, and each restore of the timeline in the order in which they began', async () => {
    const { page } = await openPage(browser, `${world.url}/?range=7d`);
    await page
      .locator('#timeline a .bar')
      .first()
      .waitFor({ ...patient, state: 'attached' });
    const stops: string[] = [];
    for (let pressed = 0; pressed < 60; pressed += 1) {
      await page.keyboard.press('Tab');
      stops.push(
        String(
          await page.evaluate(
            'document.activeElement.getAttribute("href") ?? document.activeElement.name ?? document.activeElement.localName',
          ),
        ),
      );
    }
    expect(stops).toEqual(expect.arrayContaining(['watch', 'event', '/?range=30d#timeline']));
    const bars = stops.filter((stop) => stop.startsWith('/jobs/'));
    expect(bars.length).toBeGreaterThan(20);
    const onTimeline = (await page.evaluate(
      'Array.from(document.querySelectorAll("#timeline svg a"), (bar) => bar.getAttribute("href"))',
    )) as string[];
    expect(bars.filter((bar) => onTimeline.includes(bar)).join()).toContain(onTimeline.slice(0, 20).join());
    expect(onTimeline).toEqual(onTimeline.toSorted());
  });

  it('says of a restore that nobody has seen that there is none, and its script has nothing to complain of', async () => {
    const { page, complaints } = await openPage(browser, `${world.url}/jobs/ffffffffffffffffffffffff`);
    await page.getByRole('heading', { name: 'No such restore' }).waitFor(patient);
    await page.waitForLoadState('load');
    // The browser itself tells of the status.
    expect(complaints.filter((complaint) => !complaint.includes('404'))).toEqual([]);
  });

  it('stops in time with eleven pages open, one of them in a browser that comes back at once', async () => {
    const { page } = await openPage(browser, world.url);
    await page.locator('#live-state').getByText('live', { exact: true }).waitFor(patient);
    const streams = await Promise.all(Array.from({ length: 10 }, () => fetchOnce(`${world.url}/live`)));
    const read = Promise.all(streams.map((stream) => stream.text()));
    expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
    const asked = performance.now();
    await world.daemon.kill('SIGTERM');
    const took = performance.now() - asked;
    expect((await world.daemon.exited).code).toBe(0);
    await read;
    // Without an end of its own, a stream over a connection that was kept open held the stop up for 103 s.
    expect(took).toBeLessThan(10_000);
    console.info(`stopped within ${Math.round(took)} ms`);
  });
});
