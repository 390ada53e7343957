import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { measureDiskGrowth } from '../../scripts/benchmark/disk/disk-growth.ts';

it('grows by what the documents say: nothing where nothing happens, a few KB for a job and for a day of a failing receiver', async () => {
  const { perJob, perDelivery, perIdleDay, failingDays } = await measureDiskGrowth({
    jobs: 40,
    idlePolls: 20,
    waiting: [1],
  });
  expect(perIdleDay).toEqual({ store: 0, mirror: 0 });

  const said = [
    ...readFileSync('docs/costs.md', 'utf8').matchAll(
      /^\| (?:a|an|each) .*\| ([\d.]+) KB \| ([\d.]+) KB \|$/gm,
    ),
  ];
  const mirrorBytes = said.slice(0, 3).map(([, , mirror]) => Number(mirror) * 1_000);
  const measured = [perJob, perDelivery, ...failingDays].map(({ mirror }) => mirror);
  expect(mirrorBytes).toHaveLength(3);
  // Ids and times are of one length, but for a digit in the number of an entry.
  for (const [index, bytes] of mirrorBytes.entries())
    expect((measured[index] ?? 0) / bytes).toBeCloseTo(1, 1);
  expect(failingDays).toMatchObject([{ attempts: 13 }]);
  // The store grows by whole pages.
  expect(perJob.store).toBeLessThan(12_000);
});
