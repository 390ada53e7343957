/**
 * Makes what docs/pictures holds: what a person gets, as the channels and `wait` themselves make it (JSON, HTML, text), and with
 * Chromium a picture of each. Without Chromium (`CHROMIUM=/path/to/it`) the pictures stay as they are. And what `status`, `history --why` and
 * `wait` print into terminals of 80 and 120 columns, and what the page shows, beside a daemon that runs: other ids and times at each run.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { filesOf, pagesOf, textsOf } from './pictures/files.ts';
import { liveScenes } from './pictures/live.ts';
import { shootPages } from './pictures/page.ts';
import { makeScenes } from './pictures/scenes.ts';

const OUT = new URL('../docs/pictures/', import.meta.url).pathname;
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--hide-scrollbars',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const run = promisify(execFile);

await mkdir(OUT, { recursive: true });
const scenes = await makeScenes();
for (const [name, text] of textsOf(scenes)) await writeFile(join(OUT, name), text);
for (const [name, text] of (await liveScenes()).flatMap(filesOf)) await writeFile(join(OUT, name), text);
if (existsSync(CHROMIUM)) {
  const dir = await mkdtemp(join(tmpdir(), 'restore-watcher-pictures-'));
  for (const { name, html, width } of pagesOf(scenes)) await shoot(dir, name, html, width);
  await rm(dir, { recursive: true, force: true });
  await shootPages(OUT);
} else console.error(`no Chromium at ${CHROMIUM}: the pictures themselves stay as they were`);

/** As high as the page is: it is asked first. */
async function shoot(dir: string, name: string, html: string, width: number): Promise<void> {
  const file = join(dir, `${name}.html`);
  const measure =
    '<script>document.title=String(Math.ceil(document.body.getBoundingClientRect().height))</script>';
  await writeFile(file, html + measure);
  const browser = (...args: string[]) =>
    run(CHROMIUM, [...FLAGS, `--user-data-dir=${join(dir, 'profile')}`, ...args, `file://${file}`]);
  const { stdout } = await browser(`--window-size=${width},600`, '--dump-dom');
  const height = Number(/<title>(\d+)<\/title>/.exec(stdout)?.[1] ?? 600);
  await browser(`--window-size=${width},${height}`, `--screenshot=${join(OUT, `${name}.png`)}`);
}
