import { globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { importCycles, importGraph } from './import-graph.ts';
import { readSourceFile, type SourceFile } from './source-file.ts';

/** One row of the table: what was counted, and the most (or least) that may be. */
export interface Measure {
  what: string;
  value: string;
  /** What the value has to be, in words; empty where nothing is asked. */
  wanted: string;
  isMet: boolean;
  /** The worst of what was counted, or all that is over the limit. */
  worst: string[];
}

/** Counts the files below `src/` and `test/` of the folder, and compares with what the house promises. */
export function measure(root: string): Measure[] {
  const files = sourceFiles(root, 'src');
  return [
    ...fileLengths(files),
    ...functionLengths(files),
    cycles(files),
    docstrings(files),
    ...folders(files),
    testShare(files, sourceFiles(root, 'test')),
    dependencies(root),
  ];
}

function sourceFiles(root: string, folder: string): SourceFile[] {
  return globSync(`${folder}/**/*.ts`, { cwd: root })
    .sort()
    .map((path) => ({ ...readSourceFile(`${root}/${path}`), path }));
}

function fileLengths(files: readonly SourceFile[]): Measure[] {
  const longest = files.toSorted((a, b) => b.lines - a.lines);
  const lengths = longest.map(({ lines }) => lines).reverse();
  return [
    plain('file length in lines: median', quantile(lengths, 0.5)),
    plain('file length in lines: p95', quantile(lengths, 0.95)),
    atMost(
      'file length in lines: max',
      lengths.at(-1) ?? 0,
      350,
      longest.slice(0, 3).map(({ path, lines }) => `${path} ${lines}`),
    ),
  ];
}

function functionLengths(files: readonly SourceFile[]): Measure[] {
  const all = files.flatMap(({ path, functions }) => functions.map((found) => ({ path, ...found })));
  const over = (limit: number): string[] =>
    all
      .filter(({ lines }) => lines > limit)
      .sort((a, b) => b.lines - a.lines)
      .map(({ path, name, lines }) => `${path} ${name} ${lines}`);
  return [
    plain('functions over 60 lines', over(60).length, over(60)),
    atMost('functions over 100 lines', over(100).length, 0, over(100)),
  ];
}

function cycles(files: readonly SourceFile[]): Measure {
  const found = importCycles(importGraph(files));
  return atMost(
    'largest import cycle, type imports too (files)',
    found[0]?.length ?? 0,
    0,
    found.map((cycle) => cycle.join(' ')),
  );
}

function docstrings(files: readonly SourceFile[]): Measure {
  const all = files.flatMap(({ path, exported }) => exported.map((thing) => ({ path, ...thing })));
  const without = all.filter(({ hasDocstring }) => !hasDocstring);
  const share = all.length === 0 ? 100 : 100 - (100 * without.length) / all.length;
  return {
    what: 'exported functions, classes and interfaces with a docstring',
    value: `${share.toFixed(1)} % of ${all.length}`,
    wanted: '≥ 90 %',
    isMet: share >= 90,
    worst: without.map(({ path, name }) => `${path} ${name}`),
  };
}

function folders(files: readonly SourceFile[]): Measure[] {
  const byFolder = Map.groupBy(files, ({ path }) => dirname(path));
  const flattest = [...byFolder].toSorted(([, a], [, b]) => b.length - a.length);
  const [largest] = flattest;
  return [
    atMost('files at the root of src/', byFolder.get('src')?.length ?? 0, 6),
    atMost('files in the largest flat folder', largest?.[1].length ?? 0, 16, [largest?.[0] ?? '']),
  ];
}

function testShare(src: readonly SourceFile[], test: readonly SourceFile[]): Measure {
  const linesOf = (files: readonly SourceFile[]): number => files.reduce((sum, { lines }) => sum + lines, 0);
  return plain(
    'lines of test : lines of src',
    `${linesOf(test)} : ${linesOf(src)} (${(linesOf(test) / linesOf(src)).toFixed(2)})`,
  );
}

function dependencies(root: string): Measure {
  const { dependencies: named } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return plain('runtime dependencies', Object.keys(named).length);
}

function plain(what: string, value: number | string, worst: string[] = []): Measure {
  return { what, value: String(value), wanted: '', isMet: true, worst };
}

function atMost(what: string, value: number, limit: number, worst: string[] = []): Measure {
  return {
    what,
    value: String(value),
    wanted: limit === 0 ? '0' : `≤ ${limit}`,
    isMet: value <= limit,
    worst,
  };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
