import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finish } from '../../../src/simulator/atlas/scenario.ts';
import { HAS_BROWSER, openPage, startBrowser } from '../../support/browser.ts';
import { type PageWorld, startPageWorld } from '../../support/page-world.ts';
import { PATIENCE_MS } from '../../support/patience.ts';

const patient = { timeout: PATIENCE_MS };
const TOKEN = 'a-token-that-may-act-0123456789';
const VIEW_TOKEN = 'a-token-that-may-look-0123456789';
const HOSTILE = '"><img src=x onerror=alert(1)>';

async function logIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Log in' }).click();
}

describe.skipIf(!HAS_BROWSER)('a browser that logs in', { timeout: 4 * PATIENCE_MS }, () => {
  let browser: Browser;
  let world: PageWorld;
  beforeAll(async () => {
    const tokens = { token: TOKEN, viewToken: VIEW_TOKEN };
    [browser, world] = await Promise.all([startBrowser(), startPageWorld({}, { tokens })]);
  }, 2 * PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  it('meets a login page without a fault that axe knows, is refused with a wrong token, and gets in without script', async () => {
    const { page } = await openPage(browser, world.url);
    await page.getByRole('heading', { name: 'Log in' }).waitFor(patient);
    await page.evaluate(axe.source);
    const violations = await page.evaluate(
      'axe.run(document).then((found) => found.violations.map(({ id }) => id))',
    );
    expect(violations).toEqual([]);
    await page.context().close();

    const { page: plain } = await openPage(browser, world.url, { javaScriptEnabled: false });
    await logIn(plain, 'wrong');
    await plain.getByRole('alert').getByText('No such token').waitFor(patient);
    await logIn(plain, TOKEN);
    await plain.getByText('You may act').waitFor(patient);
    await plain.getByRole('button', { name: 'Log out' }).click();
    await plain.getByRole('heading', { name: 'Log in' }).waitFor(patient);
  });

  it('sees with one token, and is offered nothing to do', async () => {
    const { page, complaints } = await openPage(browser, world.url);
    await logIn(page, VIEW_TOKEN);
    await page.getByText('You may look').waitFor(patient);
    await page.getByText('live', { exact: true }).waitFor(patient);
    expect(await page.locator('a[href^="/actions/"]').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('mutes with the other in three clicks, ends that, and polls; names stay text', async () => {
    const { page, complaints } = await openPage(browser, world.url);
    await logIn(page, TOKEN);
    await page.getByText('live', { exact: true }).waitFor(patient);
    await page.locator('#watch-catalog').getByRole('link', { name: 'Mute' }).click();
    await page.getByLabel('until Monday').check();
    await page.getByLabel('Why').fill(HOSTILE);
    await page.getByLabel('Your name').fill('Ann');
    await page.getByRole('button', { name: 'Mute' }).click();
    await page.locator('.said').getByText('Muted').waitFor(patient);
    // It is said once.
    expect(new URL(page.url()).search).toBe('');
    const mute = page.locator('#mutes li');
    await mute.getByText('watch catalog', { exact: true }).waitFor(patient);
    await mute.getByText(`by Ann (server.token): ${HOSTILE}`).waitFor(patient);

    await mute.getByRole('link', { name: 'End' }).click();
    await page.getByLabel('Why').fill('done');
    await page.getByRole('button', { name: 'End it' }).click();
    await page.getByText('Nothing is muted').waitFor(patient);

    await page.locator('#watch-orders').getByRole('link', { name: 'Poll now' }).click();
    await page.getByLabel('Why').fill('cannot wait');
    await page.getByRole('button', { name: 'Poll now' }).click();
    await page.locator('.said').getByText('Atlas').waitFor(patient);
    expect(complaints).toEqual([]);
  });

  it('sends again what was given up, attests a restore, and logs out', async () => {
    world.refuseWebhooks(true, 400);
    const createdAt = Date.now() - 9 * 60_000;
    const id = world.restore('billing', { createdAt, step: finish(createdAt + 8 * 60_000) });
    const { page, complaints } = await openPage(browser, world.url);
    await logIn(page, TOKEN);
    const given = page.locator('#channel-siem').getByRole('link', { name: 'Send again' });
    await given.waitFor(patient);
    world.refuseWebhooks(false);
    await given.click();
    await page.getByLabel('Why').fill('it is mended');
    await page.getByRole('button', { name: 'Send again' }).click();
    await page.locator('.said').getByText('Due again').waitFor(patient);
    await given.waitFor({ ...patient, state: 'detached' });

    await page.goto(`${world.url}/jobs/${id}`);
    await page.getByRole('link', { name: 'Attest' }).click();
    await page.getByLabel('is what it should be').check();
    await page.getByLabel('Ticket').fill('OPS-42');
    await page.getByLabel('Why').fill('counted the rows');
    await page.getByRole('button', { name: 'Attest' }).click();
    await page.locator('.said').getByText('Attested').waitFor(patient);
    await page.getByRole('heading', { name: 'Attested' }).waitFor(patient);
    await page.getByText('OPS-42').waitFor(patient);
    expect(new URL(page.url()).pathname).toBe(`/jobs/${id}`);

    await page.getByRole('link', { name: 'All restores' }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Log in' }).waitFor(patient);
    await page.goto(`${world.url}/jobs/${id}`);
    await page.getByRole('heading', { name: 'Log in' }).waitFor(patient);
    expect(complaints).toEqual([]);
  });

  it('is led to the login when its own has ended, and from there back', async () => {
    const { page } = await openPage(browser, `${world.url}/?range=7d`);
    await logIn(page, VIEW_TOKEN);
    await page.getByText('live', { exact: true }).waitFor(patient);
    await page.context().clearCookies();
    // The stream that was begun with it goes on until the daemon does.
    await world.restart();
    await page.getByRole('heading', { name: 'Log in' }).waitFor(patient);
    await logIn(page, VIEW_TOKEN);
    await page.getByText('live', { exact: true }).waitFor(patient);
    expect(new URL(page.url()).search).toBe('?range=7d');
  });
});
