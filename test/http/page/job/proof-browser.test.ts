import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fail } from '../../../../src/simulator/atlas/scenario.ts';
import { temporaryDirectory } from '../../../store/support.ts';
import { HAS_BROWSER, openPage, startBrowser } from '../../../support/browser.ts';
import { runCommand } from '../../../support/daemon.ts';
import { type PageWorld, startPageWorld } from '../../../support/page-world.ts';
import { PATIENCE_MS } from '../../../support/patience.ts';

const TOKENS = { token: 'a-token-that-may-act-0123456789', viewToken: 'a-token-that-may-look-0123456789' };

describe.skipIf(!HAS_BROWSER)('an auditor with a browser', { timeout: 4 * PATIENCE_MS }, () => {
  let browser: Browser;
  let world: PageWorld;
  beforeAll(async () => {
    [browser, world] = await Promise.all([startBrowser(), startPageWorld({}, { tokens: TOKENS })]);
  }, 2 * PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  it('reads what the log says of a restore, takes its proof along, and checks that with nothing but the key', async () => {
    const createdAt = Date.now() - 9 * 60_000;
    const id = world.restore('billing', { createdAt, step: fail(createdAt + 8 * 60_000, {}) });
    const { page, complaints } = await openPage(browser, `${world.url}/jobs/${id}`);
    await page.getByLabel('Token').fill(TOKENS.viewToken);
    await page.getByRole('button', { name: 'Log in' }).click();
    const log = page.getByRole('region', { name: 'Entries of the audit log' });
    // The daemon may not have told everybody yet.
    const told = log.getByRole('cell', { name: /channel oncall, outcome delivered/ });
    await expect
      .poll(
        async () => {
          await page.reload({ waitUntil: 'domcontentloaded' });
          return told.count();
        },
        { timeout: PATIENCE_MS },
      )
      .toBeGreaterThan(0);
    expect(await log.getByRole('cell', { name: 'not yet' }).count()).toBeGreaterThan(0);
    // A stop signs the log.
    await world.restart();
    await page.reload({ waitUntil: 'domcontentloaded' });
    expect(await log.getByRole('cell', { name: 'not yet' }).count()).toBe(0);
    const entries = await log.getByRole('row').count();

    const coming = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download the proof' }).click();
    const download = await coming;
    expect(download.suggestedFilename()).toBe(`restore-${id}-proof.zip`);
    const directory = temporaryDirectory();
    execFileSync('python3', ['-m', 'zipfile', '-e', await download.path(), directory]);
    const key = await runCommand(['audit', 'key', '--config', world.home.configFile]);
    const elsewhere = join(directory, 'no-configuration.json');
    const verify = [
      'audit',
      'verify',
      '--proof',
      directory,
      '--key',
      key.stdout.trim(),
      '--config',
      elsewhere,
    ];
    const checked = await runCommand(verify);
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    // The head of the table is a row, as is the line that says that all is well.
    expect(checked.stdout.trim().split('\n')).toHaveLength(entries);
    expect(checked.stdout).toContain('delivery.attempted');
    expect(complaints.filter((complaint) => !complaint.includes('ERR_'))).toEqual([]);
  });
});
