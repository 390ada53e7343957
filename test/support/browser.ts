import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { PATIENCE_MS } from './patience.ts';

/** Debian's; `CHROMIUM=/path/to/it` names another. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** False where there is no Chromium: what needs one is skipped, and says so. */
export const HAS_BROWSER = existsSync(CHROMIUM);
if (!HAS_BROWSER) console.warn(`no Chromium at ${CHROMIUM}: the tests of the page in a browser are skipped`);

/** Starts a browser without a window. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
}

/** A page, and what it has complained of. */
export interface WatchedPage {
  page: Page;
  /** Errors of its script and of the console; a page that is as it should be has none. */
  complaints: string[];
}

/** Opens a page in a browser profile of its own. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  // What drifts is painted sixty times a second, by the processor alone: nothing that is asked of a page needs it.
  const plain = { viewport: { width: 1_280, height: 900 }, reducedMotion: 'reduce' } as const;
  const context = await browser.newContext({ ...plain, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.setDefaultTimeout(2 * PATIENCE_MS);
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  return { page, complaints };
}
