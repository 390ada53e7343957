import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Bench } from '../../scripts/benchmark/bench.ts';
import { markdownTable } from '../../scripts/benchmark/report/line.ts';
import { chosen, TABLES } from '../../scripts/benchmark/rows/rows.ts';
import { MAIN } from '../support/program.ts';

/** As in the image, but for the program: the tests have their own bundle of it. */
const bench: Bench = {
  image: {
    entrypoint: [process.execPath, MAIN],
    healthcheck: [process.execPath, MAIN, 'healthcheck'],
    env: {},
  },
  isShort: true,
  agedStore: null,
  detail: () => {},
  say: () => {},
};

/** One row for each way of measuring. */
const TRIED = ['poll-20-by-id', 'start', 'healthcheck', 'latency', 'page-live', 'page-coverage'];

/** What it measures with is Linux's, and not every container shows it. */
const canMeasure = ['schedstat', 'smaps_rollup'].every((file) => existsSync(`/proc/self/${file}`));

describe.runIf(canMeasure)('the benchmark, in its short form', () => {
  it.each(TRIED)('measures and prints %s', async (name) => {
    const lines = await Promise.all(chosen(name, 'benchmark').map((row) => row.measure(bench)));
    const table = markdownTable(lines.flat());
    expect(lines.flat().length).toBeGreaterThan(0);
    expect(table).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('what the benchmark is asked to measure', () => {
  it('is everything of one kind, or the rows that are named', () => {
    expect(chosen(undefined, 'benchmark')).toEqual(TABLES.benchmark);
    expect(chosen(undefined, 'aged').map(({ name }) => name)).toEqual(['aged']);
    expect(chosen('start,page-live', 'benchmark').map(({ name }) => name)).toEqual(['start', 'page-live']);
    expect(() => chosen('start,stat', 'benchmark')).toThrow('no row is called stat');
  });
});
