/**
 * Kills the real daemon again and again (`kill -9`), at random moments and at named points, while jobs change, receivers fail, and
 * others mute, redrive and change the configuration, and counts what the receivers got. Prints a Markdown table, and ends with exit code 1
 * when anything was lost, repeated without need, or put out of order. As it stands it takes half an hour, over replicas an hour.
 *
 * `--replicas 3 --store postgres`: the same over several replicas and a PostgreSQL, which stand still, lose each other and are restarted as well.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleProgram } from './build/bundle.ts';

const PROGRAM = join(import.meta.dirname, '../dist/storm');

const { values } = parseArgs({
  options: {
    /** 300 unless given, 100 with `postgres`: there, whatever else happens is in proportion. */
    kills: { type: 'string' },
    'at-points': { type: 'string', default: '20' },
    jobs: { type: 'string', default: '500' },
    /** Percent of the messages. */
    failing: { type: 'string', default: '15' },
    /** With `postgres`. */
    replicas: { type: 'string', default: '3' },
    store: { type: 'string', default: 'sqlite' },
    /** With `postgres`: a folder for what the replicas say. */
    logs: { type: 'string' },
    /** In place of a storm, one thing that happens to three replicas: `pause`, `takeover`, `rolling` or `outage`. */
    scene: { type: 'string' },
    /** With `rolling`: the `main.js` of an older build, which this one takes the place of. */
    older: { type: 'string' },
  },
});
const jobs = wholeNumber('jobs', values.jobs);
const share = wholeNumber('failing', values.failing) / 100;
await bundleProgram(PROGRAM);
process.env.TEST_PROGRAM = join(PROGRAM, 'main.js');
// They look for the program when they are loaded.
const { stormOverOne } = await import('./storm/one.ts');
const { stormOverReplicas } = await import('./storm/replicas.ts');
const { playOne } = await import('./storm/scenes.ts');
const violations = await play();
for (const violation of violations) console.error(`violation: ${violation}`);
process.exitCode = violations.length > 0 ? 1 : 0;

function play(): Promise<string[]> {
  if (values.scene !== undefined) return playOne(values.scene, { older: values.older, logs: values.logs });
  return values.store === 'postgres'
    ? stormOverReplicas({
        replicas: wholeNumber('replicas', values.replicas),
        share: wholeNumber('kills', values.kills ?? '100') / 100,
        jobs,
        troubles: { share, mostPerEvent: 2 },
        logs: values.logs,
      })
    : stormOverOne({
        atRandom: wholeNumber('kills', values.kills ?? '300'),
        atEachPoint: wholeNumber('at-points', values['at-points']),
        jobs,
        troubles: { share, mostPerEvent: 2 },
      });
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  console.error(`--${name}: expected a whole number, found ${JSON.stringify(text)}`);
  process.exit(2);
}
