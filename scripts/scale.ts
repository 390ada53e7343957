/**
 * Measures what many clusters cost, with the hint of activity feeds and without: 25, 1,000 and 10,000 clusters of two kinds, the watcher and
 * its store as in the daemon, before an Atlas in the same process, in simulated time. Prints a Markdown table; progress goes to standard error.
 * `--write docs/costs.md` puts the table in its place on that page as well. `--only 25,1000` measures estates of so many clusters alone.
 * `--store postgres` has a PostgreSQL of its own keep it, which goes by real time while the simulated time waits; `--replicas 3` has as many of them share the work, in one process. `--feed loses` has
 * the feeds tell of nothing. `--minutes 4` measures for so long, where a case would take longer. `--short` only tries whether it works.
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { startPostgres } from '../test/support/postgres/server.ts';
import { mustHavePlace, writeIntoPage } from './benchmark/report/page.ts';
import { SCALE_CASES, type ScaleCase, type ScaleChoice } from './benchmark/scale/case.ts';
import { measureCase, shortened } from './benchmark/scale/measure.ts';
import { scaleTable } from './benchmark/scale/table.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    write: { type: 'string' },
    store: { type: 'string', multiple: true, default: ['sqlite'] },
    replicas: { type: 'string', multiple: true, default: ['1'] },
    feed: { type: 'string', default: 'right' },
    minutes: { type: 'string', default: '60' },
    short: { type: 'boolean', default: false },
  },
});
if (values.write !== undefined) mustHavePlace(values.write, 'scale');
const isWanted = ({ projects, clustersEach }: { projects: number; clustersEach: number }): boolean =>
  values.only === undefined || values.only.split(',').includes(`${projects * clustersEach}`);
const feed = values.feed === 'loses' ? 'loses' : 'right';
const choices = values.store.flatMap((store): ScaleChoice[] =>
  store === 'postgres'
    ? values.replicas.map((replicas) => ({ store, replicas: Number(replicas), feed }))
    : [{ store: 'sqlite', replicas: 1, feed }],
);
const server = choices.some(({ store }) => store === 'postgres') ? await startPostgres() : null;

const rows = SCALE_CASES.filter(isWanted).flatMap((each) =>
  choices.map((choice, index) => {
    const schema = `scale_${each.projects}_${each.hint}_${index}`;
    const database = choice.store === 'postgres' && server ? { url: server.url, schema } : null;
    const minutes = Math.min(each.minutes, Number(values.minutes));
    const whole: ScaleCase = { ...each, ...choice, minutes, database };
    const scale = values.short ? shortened(whole) : whole;
    process.stderr.write(`${JSON.stringify(scale)}\n`);
    const result = measureCase(scale);
    process.stderr.write(`  ${JSON.stringify(result)}\n`);
    return { case: scale, result };
  }),
);
await server?.remove();
const { stdout } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' });
const text = [
  scaleTable(rows),
  `\nRevision ${stdout.trim()}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}.`,
].join('\n');
console.log(text);
if (values.write !== undefined) writeIntoPage(values.write, 'scale', text);
