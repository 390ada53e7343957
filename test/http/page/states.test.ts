import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { fail, finish } from '../../../src/simulator/atlas/scenario.ts';
import { HAS_BROWSER, openPage, startBrowser } from '../../support/browser.ts';
import { type PageWorld, PLACES, startPageWorld } from '../../support/page-world.ts';
import { PATIENCE_MS } from '../../support/patience.ts';
import { startTcpSink } from '../../support/tcp-sink.ts';

const patient = { timeout: PATIENCE_MS };
const MINUTE = 60_000;
const HOSTILE = '"><img src=x onerror=alert(1)>';
const SECTIONS = ['state', 'running', 'timeline', 'events', 'watches', 'deliveries', 'mutes', 'record'];

/** Waits until a section says this. */
const says = (page: Page, section: string, text: string | RegExp) =>
  page.locator(`#${section}`).getByText(text).first().waitFor(patient);

/** Every section has its heading, and axe knows no fault. */
async function expectWhole(page: Page): Promise<void> {
  for (const section of SECTIONS) await page.locator(`#${section} h2`).first().waitFor(patient);
  await page.evaluate(axe.source);
  const violations = await page.evaluate(
    'axe.run(document).then((found) => found.violations.map(({ id }) => id))',
  );
  expect(violations).toEqual([]);
}

describe.skipIf(!HAS_BROWSER)('what a person sees', { timeout: 6 * PATIENCE_MS }, () => {
  let browser: Browser;
  let world: PageWorld;
  beforeAll(async () => {
    [browser, world] = await Promise.all([startBrowser(), startPageWorld()]);
    await world.untilShown('Everything is seen');
  }, 2 * PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  it('is the first look, as long as that is taken', async () => {
    const atlas = await startTcpSink();
    onTestFinished(() => atlas.close());
    const auth = { type: 'digest', publicKey: 'public', privateKey: 'private' };
    const early = await startPageWorld({
      connections: [{ name: 'atlas', baseUrl: `http://127.0.0.1:${atlas.port}`, auth }],
      // Nobody is blind before the first look may be late.
      watches: Object.entries(PLACES).map(([name, { groupId, kind }]) => ({
        ...{ name, kind, groupId, instanceName: name, schedule: '0 0 * * * *' },
      })),
    });
    onTestFinished(() => early.close());
    const { page, complaints } = await openPage(browser, early.url);
    await says(page, 'state', 'Taking the first look: 0 of 5 watches read');
    await says(page, 'watches', 'first look');
    await expectWhole(page);
    expect(complaints).toEqual([]);
  });

  it('is an installation where nothing has happened, then all that can be wrong at once, in one page that is never loaded again', async () => {
    const { page, complaints } = await openPage(browser, world.url);
    page.on('dialog', (dialog) => complaints.push(dialog.message()));
    await page.evaluate('window.wasLoaded = "once"');
    await says(page, 'running', 'No restore is running. None has finished yet on record.');
    // A start that took long is a gap.
    await says(page, 'timeline', /No restore (ran|was seen) in this time\./);
    await says(page, 'events', 'Nothing has happened yet.');
    await says(page, 'mutes', 'Nothing is muted.');
    await says(page, 'record', 'not on record');
    await expectWhole(page);

    const running = world.restore('orders', { createdAt: Date.now() - MINUTE, target: HOSTILE });
    const card = page.locator(`#running article[id*="${running}"]`);
    await card.getByRole('heading', { name: `orders to ${HOSTILE}` }).waitFor(patient);
    world.restore('billing', {
      createdAt: Date.now() - 9 * MINUTE,
      target: HOSTILE,
      step: fail(Date.now() - MINUTE, {}),
    });
    await says(page, 'events', 'failed');

    world.blind('sessions');
    await says(page, 'state', '1 of 5 watches is blind');
    await says(page, 'watches', 'blind');
    // What a receiver refuses for good fails its channel at once.
    world.refuseWebhooks(true, 400);
    world.restore('ledger', { createdAt: Date.now() - 9 * MINUTE, step: finish(Date.now() - MINUTE) });
    await says(page, 'state', 'messages are not accepted');
    await says(page, 'deliveries', 'siem');
    await world.command(
      ...['mute', 'add', '--watch', 'catalog', '--for', '2h', '--author', HOSTILE, '--reason', HOSTILE],
    );
    await says(page, 'mutes', 'watch catalog');
    await world.command('audit', 'verify');
    await says(page, 'record', /as it was written/);
    await expectWhole(page);
    expect(await page.locator('main img').count()).toBe(0);
    expect(await page.evaluate('window.wasLoaded')).toBe('once');
    expect(complaints).toEqual([]);
  });

  it('is what was found a moment ago', async () => {
    const { page } = await openPage(browser, world.url);
    await page.locator('#live-state').getByText('live', { exact: true }).waitFor(patient);
    await page.evaluate('window.wasLoaded = "once"');
    const took: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const id = world.restore('catalog', { createdAt: Date.now() - MINUTE });
      await page.locator(`#running article[id*="${id}"]`).waitFor(patient);
      const shownAt = Date.now();
      const answer = await fetch(`${world.url}/api/v1/jobs/${id}`);
      const { firstSeenAt } = (await answer.json()) as { firstSeenAt: string };
      took.push(shownAt - Date.parse(firstSeenAt));
    }
    // How long depends on the machine: a figure for people, no verdict.
    const median = took.toSorted((a, b) => a - b)[2];
    console.info(`what was found stood on the page after ${took.join(', ')} ms; the median is ${median} ms`);
    expect(await page.evaluate('window.wasLoaded')).toBe('once');
  });
});
