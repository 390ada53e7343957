/**
 * Measures what many clusters cost, with the hint of activity feeds and without: 25, 1,000 and 10,000 clusters of two kinds, the watcher and
 * its store as in the daemon, before an Atlas in the same process, in simulated time. Prints a Markdown table; progress goes to standard error.
 * `--write docs/costs.md` puts the table in its place on that page as well. `--only 25,1000` measures estates of so many clusters alone.
 * `--short` only tries whether it works.
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { mustHavePlace, writeIntoPage } from './benchmark/report/page.ts';
import { SCALE_CASES, type ScaleCase } from './benchmark/scale/case.ts';
import { measureCase, shortened } from './benchmark/scale/measure.ts';
import { scaleTable } from './benchmark/scale/table.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    write: { type: 'string' },
    short: { type: 'boolean', default: false },
  },
});
if (values.write !== undefined) mustHavePlace(values.write, 'scale');
const wanted = SCALE_CASES.filter(
  ({ projects, clustersEach }) =>
    values.only === undefined || values.only.split(',').includes(`${projects * clustersEach}`),
).map((each) => (values.short ? shortened(each) : each));

const rows = wanted.map((each: ScaleCase) => {
  process.stderr.write(`${each.projects * each.clustersEach} clusters, hint ${each.hint}\n`);
  const result = measureCase(each);
  process.stderr.write(`  ${JSON.stringify(result)}\n`);
  return { case: each, result };
});
const { stdout } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' });
const text = [
  scaleTable(rows),
  `\nRevision ${stdout.trim()}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}.`,
].join('\n');
console.log(text);
if (values.write !== undefined) writeIntoPage(values.write, 'scale', text);
