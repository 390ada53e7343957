/**
 * An hour of a daemon that does the same all the time: 30 watches, each polled every second, and now and then a job that ends.
 * Prints what memory it held early and late, and ends with exit code 1 when that grew. `--minutes 2` shows that it works;
 * `--write docs/costs.md` puts the table in its place on that page as well.
 */
import { parseArgs } from 'node:util';
import { keepTemporaryFoldersTogether } from './benchmark/process/temporary-folder.ts';
import { buildIfOld } from './benchmark/program/build.ts';
import { readImage } from './benchmark/program/image.ts';
import { mustHavePlace, writeIntoPage } from './benchmark/report/page.ts';
import { runFlat } from './flat/flat.ts';
import { growthsOf, markdownOf } from './flat/verdict.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    watches: { type: 'string', default: '30' },
    write: { type: 'string' },
  },
});
const SAMPLE_EVERY_MS = 10_000;
const CHANGE_EVERY_MS = 10_000;

const say = (text: string): void => console.error(text);
if (values.write !== undefined) mustHavePlace(values.write, 'flat');
keepTemporaryFoldersTogether('flat');
buildIfOld(say);
const seconds = Number(values.minutes) * 60;
const sampleEveryMs = Math.min(SAMPLE_EVERY_MS, (seconds * 1_000) / 60);
const report = await runFlat({
  image: readImage(),
  watches: Number(values.watches),
  seconds,
  sampleEveryMs,
  changeEveryMs: CHANGE_EVERY_MS,
  say,
});
const { requests, told, owed } = report;
const growths = growthsOf(report, sampleEveryMs);
const text = [
  `${values.minutes} minutes, ${values.watches} watches at every second, ${requests.toLocaleString('en')} requests, ${told} messages for ${owed} jobs that ended:`,
  '',
  markdownOf(growths),
].join('\n');
console.log(text);
if (values.write !== undefined) writeIntoPage(values.write, 'flat', text);
for (const { what } of growths.filter(({ isFlat }) => !isFlat)) console.error(`violation: ${what} has grown`);
process.exitCode = growths.every(({ isFlat }) => isFlat) ? 0 : 1;
