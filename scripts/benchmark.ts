/**
 * Measures what watching costs: the real daemon against a simulated Atlas, beside the loop of curl and jq that people write first.
 * Prints a Markdown table; progress goes to standard error. Takes some minutes; wants Linux (`/proc`) and an idle machine.
 * `npm run benchmark -- dist/main.js` measures the program as it is in the image (after `npm run build`), which needs less memory.
 */
import { cpus } from 'node:os';
import { relative, resolve } from 'node:path';
import { jobId, serveAtlas, startAtlasProcess } from './benchmark/atlas-process.ts';
import { measureDaemon, measureStarts } from './benchmark/daemon-run.ts';
import { type Measurement, markdownTable, type Run } from './benchmark/measurement.ts';
import { measureShell, missingPrograms } from './benchmark/shell-run.ts';

/** More polls where one costs little, since CPU time comes in ticks of 10 ms. */
const BY_LISTING = [
  { jobs: 100, polls: 60, shellPolls: 20 },
  { jobs: 10_000, polls: 20, shellPolls: 3 },
  { jobs: 100_000, polls: 5, shellPolls: 2 },
] as const;
const BY_ID = { jobs: 20, polls: 60, shellPolls: 5 } as const;
const STARTS = 5;

const [argument] = process.argv.slice(2);
if (argument === 'atlas') await serveAtlas();
else await benchmark(argument === undefined ? undefined : resolve(argument));

async function benchmark(main: string | undefined): Promise<void> {
  const atlas = await startAtlasProcess(import.meta.filename);
  const bench = { atlas, main };
  const missing = missingPrograms();
  const measurements: Measurement[] = [];
  const measure = async (run: Run, shellPolls: number): Promise<void> => {
    const { jobs, restoreJobIds } = run;
    tell(`${jobs.toLocaleString('en')} jobs ${restoreJobIds.length > 0 ? 'by id' : 'by listing'}: daemon`);
    measurements.push(await measureDaemon(bench, run));
    if (missing.length > 0) return;
    tell('  the same by curl and jq');
    measurements.push(await measureShell(atlas, { ...run, polls: shellPolls }));
  };

  const byId = { instanceName: 'by-id', jobs: BY_ID.jobs, polls: BY_ID.polls };
  await atlas.addInstance({ ...byId, state: 'running' });
  await measure(
    { ...byId, restoreJobIds: Array.from({ length: BY_ID.jobs }, (_, n) => jobId(n)) },
    BY_ID.shellPolls,
  );

  for (const { jobs, polls, shellPolls } of BY_LISTING) {
    const instanceName = `list-of-${jobs}`;
    await atlas.addInstance({ instanceName, jobs, state: 'ended' });
    await measure({ instanceName, jobs, polls, restoreJobIds: [] }, shellPolls);
  }

  tell(`${STARTS} starts with 100 jobs`);
  const start = await measureStarts(
    bench,
    { instanceName: 'list-of-100', jobs: 100, polls: 0, restoreJobIds: [] },
    STARTS,
  );
  await atlas.stop();

  console.log(markdownTable(measurements));
  console.log(
    `\nStart to the end of the first poll of 100 jobs, median of ${STARTS}: ${start.toFixed(2)} s.`,
  );
  console.log(`Measured: ${main === undefined ? 'src/main.ts' : relative('.', main)}.`);
  console.log(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}.`);
  if (missing.length > 0) console.log(`Without the shell loop: ${missing.join(', ')} not installed here.`);
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
