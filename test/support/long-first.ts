import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Test files that take longest among the others, the longest first: begun last, one of them would keep everybody waiting. */
const LONG = [
  'test/crash/replicas/storm.test.ts',
  'test/store/postgres/postgres.test.ts',
  'test/end-to-end/package.test.ts',
  'test/end-to-end/replicas.test.ts',
  'test/crash/named-points.test.ts',
  'test/watcher/leases/shared-watch.test.ts',
  'test/benchmark/rows.test.ts',
  'test/mutations/mutations.test.ts',
  'test/end-to-end/failover.test.ts',
  'test/source/login/digest.test.ts',
  'test/house/linear-expressions.test.ts',
  'test/end-to-end/replica-budget.test.ts',
  'test/watcher/time-and-silence.test.ts',
  'test/end-to-end/cosigning.test.ts',
  'test/end-to-end/audit-tampering.test.ts',
  'test/http/page/live.test.ts',
  'test/end-to-end/process.test.ts',
  'test/http/page/axe.test.ts',
  'test/cli/subprocess.test.ts',
  'test/http/page/questions.test.ts',
  'test/store/queries/claims.property.test.ts',
  'test/benchmark/scale.test.ts',
  'test/watcher/hint.test.ts',
  'test/store/sqlite/sqlite.test.ts',
  'test/end-to-end/replica-wakes.test.ts',
  'test/http/page/states.test.ts',
  'test/store/postgres/aged.test.ts',
  'test/http/page/login-browser.test.ts',
  'test/crash/storm.test.ts',
  'test/end-to-end/channels.test.ts',
  'test/end-to-end/full-disk.test.ts',
  'test/end-to-end/postgres.test.ts',
  'test/source/login/apache-digest.test.ts',
];

/** Tests of whole programs: they wait for one another's processes, and leave the cores to the others meanwhile. */
const PROGRAMS = /^test\/(end-to-end|crash)\//;

/** Begins with the files that take longest, then those of whole programs, then the rest, as Vitest would. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root } = this.ctx.config;
    const gone = LONG.find((file) => !existsSync(join(root, file)));
    if (gone) throw new Error(`${gone} is no more: take it out of LONG`);
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const file = relative(root, moduleId);
      const place = LONG.indexOf(file);
      if (place >= 0) return place;
      return PROGRAMS.test(file) ? LONG.length : LONG.length + 1;
    };
    return (await super.sort(files)).toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}
