import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fail } from '../../../src/simulator/atlas/scenario.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { read } from '../../docs/documents.ts';
import { HAS_BROWSER, openPage, startBrowser } from '../../support/browser.ts';
import { addPast, addToday } from '../../support/page-life.ts';
import { type PageWorld, PLACES, startPageWorld } from '../../support/page-world.ts';
import { PATIENCE_MS } from '../../support/patience.ts';

const TOKEN = 'a-token-that-may-act-0123456789';
const HOUR = 3_600_000;
const patient = { timeout: PATIENCE_MS };

/** Whoever asks: sees the page, and counts what is clicked. */
interface Asker {
  page: Page;
  click(what: Locator): Promise<void>;
}

type Answer = (asker: Asker) => Promise<void>;

/** A night from Sunday to Monday that is over, within the last eight days. */
function sundayNight(): { from: number; to: number } {
  const monday = new Date(Date.now() - 24 * HOUR);
  monday.setUTCHours(0, 0, 0, 0);
  monday.setUTCDate(monday.getUTCDate() - ((monday.getUTCDay() + 6) % 7));
  return { from: monday.getTime() + HOUR, to: monday.getTime() + 3 * HOUR };
}

const night = sundayNight();
const clock = (at: number): string => new Date(at).toISOString().slice(11, 16);

/** Each question of the table in `docs/page.md`, with the clicks that it names. */
const ANSWERS: Record<string, Answer> = {
  'Is anything wrong?': async ({ page }) => {
    await page.locator('#state').getByText('Everything is seen').waitFor(patient);
  },
  'When will the orders restore end?': async ({ page }) => {
    const card = page.locator('#running article', { hasText: 'orders-drill' });
    await card.getByText(/ends about .*\d\d:\d\d/).waitFor(patient);
  },
  'Who was told that it failed?': async ({ page, click }) => {
    const event = page.locator('#events li', { hasText: 'failed' }).first();
    await event.getByText(/told oncall .*\d\d:\d\d/).waitFor(patient);
    await click(event.getByRole('link'));
    await page.locator('main').getByText('oncall').first().waitFor(patient);
    await page.getByRole('heading', { name: /Restore of billing/ }).waitFor(patient);
  },
  'What happened to this restore?': async ({ page, click }) => {
    await click(page.locator('#running article', { hasText: 'orders-drill' }).getByRole('link'));
    await page.getByRole('heading', { name: 'Restore of orders to orders-drill' }).waitFor(patient);
  },
  'Was anybody watching on Sunday night?': async ({ page, click }) => {
    await click(page.getByRole('link', { name: '30d' }));
    await page
      .getByRole('img', { name: /^sessions: not seen from .*01:00 UTC to .*03:00 UTC: Atlas/ })
      .waitFor({ ...patient, state: 'attached' });
    await click(page.getByText('As a table'));
    const row = page.locator('#timeline-table tr', { hasText: 'not seen' });
    const gaps = (await row.allTextContents()).filter((text) => text.includes(clock(night.from)));
    expect(gaps).toHaveLength(1);
    expect(gaps[0]).toMatch(/^sessionsall of itnot seen: Atlas.*01:00.*03:00.*2 h$/);
  },
  'Mute catalog until Monday.': async ({ page, click }) => {
    await click(page.locator('#watch-catalog').getByRole('link', { name: 'Mute' }));
    // What stands there is asked for first, so it can be typed at once.
    await page.locator('#reason:focus').waitFor(patient);
    await page.keyboard.type('moving catalog');
    await click(page.getByLabel('until Monday'));
    await click(page.getByRole('button', { name: 'Mute' }));
    await page.locator('#mutes').getByText('moving catalog').waitFor(patient);
    await page.locator('#mutes').getByText('watch catalog').waitFor(patient);
  },
  'What happened in the last month on ledger?': async ({ page, click }) => {
    await click(page.locator('#watch-ledger').getByRole('link', { name: 'ledger' }));
    await click(page.getByRole('link', { name: '30d' }));
    await page.getByRole('heading', { name: 'Last 30 days' }).waitFor(patient);
    const watches = await page.locator('#timeline-lanes li').allTextContents();
    expect(watches).toEqual(['ledger']);
    expect(await page.locator('#timeline .bar').count()).toBeGreaterThan(30);
  },
};

/** The questions of the document, with how many clicks each takes. */
function questions(): Array<[question: string, clicks: number]> {
  const [, section = ''] = read('docs/page.md').split('## What people come to ask');
  const [table = ''] = section.split('\n## ');
  return [...table.matchAll(/^\| ([A-Z].*?) \| (\d) \|/gm)].map(([, question = '', clicks]) => [
    question,
    Number(clicks),
  ]);
}

describe('what people come to ask', () => {
  it('is what is asked here, and takes three clicks at most', () => {
    expect(questions().map(([question]) => question)).toEqual(Object.keys(ANSWERS));
    expect(Math.max(...questions().map(([, clicks]) => clicks))).toBe(3);
  });
});

describe.skipIf(!HAS_BROWSER)('the page answers', { timeout: 4 * PATIENCE_MS }, () => {
  let browser: Browser;
  let world: PageWorld;
  beforeAll(async () => {
    [browser, world] = await Promise.all([startBrowser(), startPageWorld({}, { tokens: { token: TOKEN } })]);
    addPast(world);
    await world.untilShown('Everything is seen');
    await recordSundayNight(world);
    await world.restart();
    await liveOn(world);
  }, 4 * PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  it.each(questions())('%s (clicks: %d)', async (question, clicks) => {
    const { page, complaints } = await openPage(browser, world.url);
    await page.locator('#token:focus').waitFor(patient);
    await page.keyboard.type(TOKEN);
    await page.keyboard.press('Enter');
    await page.getByText('live', { exact: true }).waitFor(patient);
    let clicked = 0;
    const click = async (what: Locator): Promise<void> => {
      clicked += 1;
      await what.click();
    };
    await ANSWERS[question]?.({ page, click });
    expect(clicked).toBe(clicks);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

/** Has the store know that `sessions` could not be seen that night, and everything else could. */
async function recordSundayNight({ daemon, home }: PageWorld): Promise<void> {
  await daemon.kill('SIGTERM');
  const store = await openSqliteStore({ path: home.dbFile });
  const startedAt = night.from - 10 * HOUR;
  const endedAt = Date.now() - 60_000;
  const spans = Object.entries(PLACES).flatMap(([name, { groupId }], index) => {
    const place = { watch: name, groupId, instanceName: name, slackMs: 5_000 };
    if (name !== 'sessions')
      return [{ ...place, number: index * 2, from: startedAt, to: null, cause: null, until: null }];
    const before = { from: startedAt, to: night.from, cause: 'atlas_away' as const, until: night.to };
    const after = { from: night.to, to: null, cause: null, until: null };
    return [
      { ...place, number: index * 2, ...before },
      { ...place, number: index * 2 + 1, ...after },
    ];
  });
  const writer = { id: 'a process of that week', startedAt, aliveAt: endedAt, endedAt };
  await store.noteCoverage({ writer, spans, firsts: [] });
  await store.close();
}

/** Has restores run, of which one has failed by now. */
async function liveOn(world: PageWorld): Promise<void> {
  await world.untilShown('Everything is seen');
  addToday(world);
  await world.untilShown(/Running now <span class="count">3/);
  const id = world.restore('billing', { createdAt: Date.now() - 4 * 60_000 });
  await world.untilShown(/Running now <span class="count">4/);
  world.change('billing', id, fail(Date.now(), {}));
  await world.untilShown(/Running now <span class="count">3/);
}
