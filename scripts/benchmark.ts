/**
 * Measures what watching costs: the daemon as the image runs it, against a simulated Atlas, beside a bare Node loop that asks for the
 * same and the loop of curl and jq that people write first. Prints Markdown tables; progress goes to standard error. Wants Linux
 * (`/proc`) and an idle machine, and takes some fifteen minutes.
 * `--aged` measures what a store costs that is two years old and holds a million events, in place of all else. It is made first
 * (3 GB), or copied from `--store FILE` (see `scripts/aged-store.ts`).
 * `--page` measures what the page costs those who look at it and those who do not; it wants Chromium, and the history of this repository.
 * `--write docs/costs.md` puts the tables in their place on that page as well.
 * `--only poll-100,start` measures single rows, `--list` names them, `--short` only tries whether the benchmark itself works.
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Bench } from './benchmark/bench.ts';
import { keepTemporaryFoldersTogether } from './benchmark/process/temporary-folder.ts';
import { buildIfOld } from './benchmark/program/build.ts';
import { ROOT, readImage } from './benchmark/program/image.ts';
import { type Line, markdownTable, tableOf } from './benchmark/report/line.ts';
import { mustHavePlace, writeIntoPage } from './benchmark/report/page.ts';
import { chosen, TABLES } from './benchmark/rows/rows.ts';
import { missingPrograms } from './benchmark/shell/shell-run.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    aged: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
    store: { type: 'string' },
    write: { type: 'string' },
    short: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

if (values.list)
  console.log(
    Object.values(TABLES)
      .flat()
      .map(({ name }) => name)
      .join('\n'),
  );
else await benchmark();

async function benchmark(): Promise<void> {
  const place = values.aged ? 'aged' : values.page ? 'page' : 'benchmark';
  const rows = chosen(values.only, place);
  if (values.write !== undefined) mustHavePlace(values.write, place);
  keepTemporaryFoldersTogether('benchmark');
  buildIfOld(say);
  const details: string[] = [];
  const bench: Bench = {
    image: readImage(),
    isShort: values.short,
    agedStore: values.store ?? null,
    detail: (title, headings, rows) => {
      details.push(`\n${title}:\n\n${tableOf(headings, rows)}`);
    },
    say,
  };
  const lines: Line[] = [];
  for (const row of rows) {
    const measured = await row.measure(bench);
    // A later row may fail, and this one is not lost then.
    for (const { what, got } of measured) say(`  ${what}: ${got}`);
    lines.push(...measured);
  }
  const missing = missingPrograms();
  const text = [
    markdownTable(lines),
    ...details,
    `\nRevision ${revision()}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}.`,
    ...(missing.length > 0 ? [`Without the shell loop: ${missing.join(', ')} not installed here.`] : []),
  ].join('\n');
  console.log(text);
  if (values.write !== undefined) writeIntoPage(values.write, place, text);
}

function revision(): string {
  const git = (...args: string[]): string => spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' }).stdout;
  return `${git('rev-parse', '--short', 'HEAD').trim()}${git('status', '--porcelain').trim() === '' ? '' : ', changed'}`;
}
