import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Test files that mostly wait, the longest first: begun last, one of them would keep everybody waiting. */
const LONG = [
  'test/crash/replicas/storm.test.ts',
  'test/crash/named-points.test.ts',
  'test/end-to-end/package.test.ts',
  'test/end-to-end/check-online.test.ts',
  'test/end-to-end/full-disk.test.ts',
  'test/crash/storm.test.ts',
  'test/end-to-end/standstill.test.ts',
  'test/end-to-end/fifty-watches.test.ts',
  'test/end-to-end/channels.test.ts',
  'test/end-to-end/broken-config.test.ts',
  'test/end-to-end/long-lists.test.ts',
  'test/end-to-end/wait.test.ts',
  'test/watcher/time-and-silence.test.ts',
  'test/watcher/hint.test.ts',
];

/** Tests of whole programs: they wait for one another's processes, and leave the cores to the others meanwhile. */
const PROGRAMS = /^test\/(end-to-end|crash)\//;

/** Begins with the files that wait longest, then those of whole programs, then the rest, as Vitest would. */
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
