import { expect, it } from 'vitest';
import { SCALE_CASES } from '../../scripts/benchmark/scale/case.ts';
import { measureCase, shortened } from '../../scripts/benchmark/scale/measure.ts';
import { scaleTable } from '../../scripts/benchmark/scale/table.ts';

const EMBEDDED = { store: 'sqlite', replicas: 1, feed: 'right', database: null } as const;
const [hinted, full] = SCALE_CASES.filter(({ projects }) => projects === 40).map((each) =>
  shortened({ ...each, ...EMBEDDED }),
);

it('the benchmark of many clusters, in its short form, comes to the figures of the design', () => {
  if (!hinted || !full) throw new Error('there are no such cases');
  const rows = [hinted, full].map((each) => ({ case: each, result: measureCase(each) }));
  const [byHint, every30s] = rows.map(({ result }) => result);
  const { projects, clustersEach, kinds } = hinted;
  // A look at each feed every 30 s, for both kinds, and a sweep over everything in ten minutes.
  const designed = projects * 2 + (projects * clustersEach * kinds.length) / 10;
  const { jobs = 0, feeds = 0 } = byHint?.requestsPerMinute ?? {};
  expect((jobs + feeds) / designed).toBeGreaterThan(0.85);
  expect((jobs + feeds) / designed).toBeLessThan(1.15);
  expect(every30s?.requestsPerMinute).toEqual({ jobs: projects * clustersEach * kinds.length * 2, feeds: 0 });
  expect(byHint?.delays).toMatchObject({ found: hinted.restores });
  expect(byHint?.delays.max).toBeLessThanOrEqual(35_000);
  expect(scaleTable(rows)).not.toMatch(/NaN|Infinity|undefined/);
});
