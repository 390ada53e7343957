import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fail, finish } from '../../../src/simulator/atlas/scenario.ts';
import { HAS_BROWSER, openPage, startBrowser } from '../../support/browser.ts';
import { addPast, addToday } from '../../support/page-life.ts';
import { type PageWorld, startPageWorld } from '../../support/page-world.ts';
import { PATIENCE_MS } from '../../support/patience.ts';

const patient = { timeout: PATIENCE_MS };
const TOKEN = 'a-token-that-may-act-0123456789';
const MINUTE = 60_000;
/** No page of the test has so many stops. */
const MOST_STOPS = 600;

/** Where the focus is. */
interface Stop {
  /** Its id, or what else tells it from others. */
  what: string;
  words: string;
  /** The section that it stands in. */
  section: string;
  /** Why a person does not see that the focus is there; `null`: it is to be seen. */
  unseen: string | null;
}

/** A copy of the element beside it, which has no focus, looks otherwise; and no part of the page is in front of it. */
const STOP = `(() => {
  const held = document.activeElement;
  if (held === null || held === document.body) return null;
  const looks = (element) => [element, ...element.querySelectorAll('.bar')].map((each) => {
    const { outlineStyle, outlineWidth, outlineColor, stroke, strokeWidth, position, clipPath } = getComputedStyle(each);
    return [outlineStyle === 'none' ? '' : outlineWidth + outlineColor, stroke + strokeWidth, position + clipPath].join();
  }).join(' ');
  const twin = held.cloneNode(true);
  held.after(twin);
  const differs = looks(held) !== looks(twin);
  twin.remove();
  const isDrawn = held.closest('.timeline') !== null;
  const box = (isDrawn ? held.querySelector('.bar') : held).getBoundingClientRect();
  const names = document.querySelector('.lane-names')?.getBoundingClientRect();
  const frame = { left: isDrawn ? names.right : 0, right: innerWidth };
  const isWithin = box.right > frame.left && box.left >= frame.left - 1 && box.left < frame.right && box.bottom > 0 && box.top < innerHeight;
  return {
    what: held.id || held.getAttribute('href') || held.name || held.getAttribute('aria-label') || held.localName,
    words: (held.getAttribute('aria-label') ?? held.textContent ?? '').trim(),
    section: held.closest('section')?.id ?? '',
    unseen: !differs ? 'it looks as it does without the focus' : isWithin ? null : 'it is out of sight',
  };
})()`;

/** Somebody who has no mouse. */
function handsOn(page: Page) {
  const stop = async (): Promise<Stop | null> => (await page.evaluate(STOP)) as Stop | null;
  const press = async (key: string): Promise<Stop | null> => {
    await page.keyboard.press(key);
    return stop();
  };
  /** Presses a key until the focus is on what is looked for. Each stop on the way has to be seen. */
  const goTo = async (fits: (stop: Stop) => boolean, key = 'Tab'): Promise<Stop> => {
    const passed: string[] = [];
    for (let pressed = 0; pressed < MOST_STOPS; pressed += 1) {
      const at = await press(key);
      if (at !== null) {
        expect(at).toMatchObject({ unseen: null });
        if (fits(at)) return at;
      }
      passed.push(at?.what ?? 'nothing');
    }
    throw new Error(`the keyboard never came there, but to ${passed.join(', ')}`);
  };
  return {
    stop,
    press,
    goTo,
    /** Goes to a link or button of these words and opens it. */
    open: async (words: string, section?: string): Promise<void> => {
      await goTo((at) => at.words === words && (section ?? at.section) === at.section);
      await page.keyboard.press('Enter');
    },
    type: (text: string) => page.keyboard.type(text),
  };
}

describe.skipIf(!HAS_BROWSER)('by the keyboard alone', { timeout: 6 * PATIENCE_MS }, () => {
  let browser: Browser;
  let world: PageWorld;
  beforeAll(async () => {
    const tokens = { token: TOKEN };
    [browser, world] = await Promise.all([startBrowser(), startPageWorld({}, { tokens })]);
    addPast(world);
    await world.untilShown('Everything is seen');
    addToday(world);
    await world.untilShown(/Running now <span class="count">3/);
  }, 3 * PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  /** Opens a page as somebody who logs in by the keyboard. */
  const logIn = async (path = '/', options = {}) => {
    const to = `${world.url}/login?${new URLSearchParams({ to: path }).toString()}`;
    const { page, complaints } = await openPage(browser, to, options);
    await page.locator('#token:focus').waitFor(patient);
    await page.keyboard.type(TOKEN);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname !== '/login', patient);
    return { page, complaints, ...handsOn(page) };
  };
  const isLive = (page: Page) => page.getByText('live', { exact: true }).waitFor(patient);

  it('every stop of the page is seen, from the first to the last and back, and none holds the focus', async () => {
    const { page, press } = await logIn();
    await isLive(page);
    const way = async (key: string): Promise<Stop[]> => {
      const stops: Stop[] = [];
      for (let pressed = 0; pressed < MOST_STOPS; pressed += 1) {
        const at = await press(key);
        // Behind the last stop is the browser itself.
        if (at === null || at.what === stops[0]?.what) break;
        stops.push(at);
      }
      return stops;
    };
    const forth = await way('Tab');
    expect(forth.filter(({ unseen }) => unseen !== null)).toEqual([]);
    expect(forth[0]).toMatchObject({ words: 'Skip to the content' });
    const sections = [...new Set(forth.map(({ section }) => section).filter(Boolean))];
    expect(sections).toEqual(['running', 'timeline', 'events', 'watches', 'deliveries', 'mutes']);
    for (const stop of ['zone', 'watch', 'event', '/?range=2h#timeline', '/?range=30d#timeline', 'as-table'])
      expect(forth.map(({ what }) => what)).toContain(stop);
    expect(forth.map(({ words }) => words)).toEqual(
      expect.arrayContaining(['Log out', 'What was told to whom', 'Mute', 'Poll now']),
    );
    const back = await way('Shift+Tab');
    expect(back.map(({ what }) => what)).toEqual(forth.map(({ what }) => what).toReversed());
  });

  it('the skip link leads past the top, and the one of the timeline past its bars', async () => {
    const { page, press, goTo } = await logIn();
    await press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('main:focus').waitFor(patient);
    expect(await press('Tab')).toMatchObject({ section: 'running' });
    await goTo(({ words }) => words === 'Skip the drawing, to the table');
    await page.keyboard.press('Enter');
    await page.locator('#as-table:focus').waitFor(patient);
    await page.keyboard.press('Space');
    await page.locator('#timeline-table[open]').waitFor(patient);
    expect(await press('Tab')).toMatchObject({ words: 'The timeline as a table' });
    // Whoever is within what is open closes it, and is where it was opened.
    expect(await press('Escape')).toMatchObject({ what: 'as-table' });
    expect(await page.locator('#timeline-table[open]').count()).toBe(0);
  });

  it.each([
    ['wide', { width: 1_280, height: 900 }],
    ['a phone', { width: 390, height: 844 }],
  ])(
    'the bars come one by one in the order in which they began, each within its box: %s',
    async (_, viewport) => {
      const { page, press, goTo } = await logIn('/?range=2h', { viewport });
      await isLive(page);
      await goTo(({ words }) => words === 'The timeline drawn');
      const bars: Stop[] = [];
      for (let at = await press('Tab'); at?.what.startsWith('bar-'); at = await press('Tab')) bars.push(at);
      const drawn = (await page.evaluate(
        'Array.from(document.querySelectorAll("#timeline svg a"), ({ id }) => id)',
      )) as string[];
      expect(bars.map(({ what }) => what)).toEqual(drawn);
      expect(bars.length).toBeGreaterThan(3);
      expect(bars.filter(({ unseen }) => unseen !== null)).toEqual([]);
    },
  );

  it('range, watch and event are chosen, all of it stays in the address, and the focus stays at the timeline', async () => {
    const { page, press, goTo, open, type } = await logIn();
    await open('7d');
    await page.getByRole('heading', { name: 'Last 7 days' }).waitFor(patient);
    expect(await press('Tab')).toMatchObject({ section: 'timeline' });
    await goTo(({ what }) => what === 'event', 'Shift+Tab');
    await type('failed');
    await goTo(({ what }) => what === 'watch', 'Shift+Tab');
    await page.keyboard.press('ArrowDown');
    await open('Show');
    await page.waitForURL(`${world.url}/?range=7d&watch=orders&event=failed`, patient);
    await open('Show everything');
    await page.waitForURL(`${world.url}/?range=7d`, patient);
  });

  it('a restore is opened, what it holds is gone through, and the page found again', async () => {
    const { page, press, goTo } = await logIn();
    const card = await goTo(({ what, section }) => section === 'running' && what.startsWith('/jobs/'));
    await page.keyboard.press('Enter');
    await page.waitForURL(`${world.url}${card.what}`, patient);
    await goTo(({ words }) => words === 'Entries of the audit log');
    await goTo(({ words }) => words === 'All restores', 'Shift+Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /Running now/ }).waitFor(patient);
    await goTo(({ words }) => words === 'What was told to whom');
    await page.keyboard.press('Enter');
    await page.locator('#running details[open]').waitFor(patient);
    expect(await press('Escape')).toMatchObject({ words: 'What was told to whom' });
    expect(await page.locator('#running details[open]').count()).toBe(0);
  });

  it('the focus is not lost when the page changes: it stays where it is, and where that goes it is beside it', async () => {
    const { page, stop, press, goTo } = await logIn();
    await isLive(page);
    const bar = await goTo(({ what }) => what.startsWith('bar-orders'));
    const id = world.restore('billing', { createdAt: Date.now() - 50 * MINUTE, target: 'billing-focus' });
    const card = page.locator(`#running article[id*="${id}"]`);
    await card.waitFor(patient);
    expect(await stop()).toEqual(bar);

    await page.keyboard.press('Home');
    await goTo(({ what }) => what === `/jobs/${id}`, 'Shift+Tab');
    world.change('billing', id, finish(Date.now()));
    await card.waitFor({ ...patient, state: 'detached' });
    expect(await stop()).toMatchObject({ section: 'running', unseen: null });
    expect(await press('Tab')).toMatchObject({ section: expect.stringMatching(/running|timeline/) });
  });

  it('mutes until Monday, ends that, polls, sends again, attests and logs out', async () => {
    const { page, complaints, press, goTo, open, type } = await logIn();
    await goTo(({ what }) => what === '/actions/mute?watch=catalog');
    await page.keyboard.press('Enter');
    await page.locator('#reason:focus').waitFor(patient);
    await type('moving catalog');
    await goTo(({ what }) => what === 'for', 'Shift+Tab');
    for (let pressed = 0; pressed < 3; pressed += 1) await page.keyboard.press('ArrowDown');
    await open('Mute');
    await page.locator('.said:focus').getByText('Muted').waitFor(patient);
    await page.locator('#mutes').getByText('moving catalog').waitFor(patient);

    const act = async (words: string, button: string, said: string): Promise<void> => {
      await open(words);
      await page.locator('#reason:focus').waitFor(patient);
      await type('as agreed');
      await open(button);
      await page.locator('.said:focus').getByText(said).waitFor(patient);
    };
    await act('End', 'End it', 'The mute has ended');
    await act('Poll now', 'Poll now', 'Atlas');
    world.refuseWebhooks(true, 400);
    const createdAt = Date.now() - 9 * MINUTE;
    const id = world.restore('billing', { createdAt, step: fail(createdAt + 8 * MINUTE, {}) });
    await page.locator('#channel-siem').getByRole('link', { name: 'Send again' }).waitFor(patient);
    world.refuseWebhooks(false);
    await act('Send again', 'Send again', 'Due again');

    await goTo(({ what, section }) => section === 'events' && what === `/jobs/${id}`);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${world.url}/jobs/${id}`, patient);
    await open('Attest');
    await page.locator('#reason:focus').waitFor(patient);
    await type('half of the rows are missing');
    await goTo(({ what }) => what === 'result', 'Shift+Tab');
    await page.keyboard.press('ArrowDown');
    await open('Attest');
    await page.locator('.said:focus').getByText('Attested').waitFor(patient);

    await open('All restores');
    await isLive(page);
    await open('Log out');
    await page.locator('#token:focus').waitFor(patient);
    expect(await press('Tab')).toMatchObject({ words: 'Log in', unseen: null });
    expect(complaints).toEqual([]);
  });
});
