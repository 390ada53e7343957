/** One line of the table that the benchmark prints. */
export interface Line {
  what: string;
  /** What the daemon took. */
  got: string;
  /** What is asked of it; `null`: nothing, the figure is for information. */
  goal: Verdict | null;
  /** The same by a bare Node loop; empty where that says nothing. */
  floor?: string;
  /** The same by curl and jq in a loop; empty where that says nothing, or was not run. */
  shell?: string;
}

/** What was wanted, and whether it was reached. */
export interface Verdict {
  wanted: string;
  isMet: boolean;
}

const HEADINGS = ['what', 'wanted', 'restore-watcher', 'bare loop', 'curl and jq', 'reached'] as const;

/** A goal that is reached when every one of these figures is at most what is asked. */
export function atMost(wanted: string, ...pairs: Array<[got: number, limit: number]>): Verdict {
  return { wanted: `≤ ${wanted}`, isMet: pairs.every(([got, limit]) => got <= limit) };
}

/** A goal that is reached when the figure is at least what is asked. */
export function atLeast(wanted: string, got: number, limit: number): Verdict {
  return { wanted: `≥ ${wanted}`, isMet: got >= limit };
}

/** The lines as a Markdown table. */
export function markdownTable(lines: readonly Line[]): string {
  return tableOf(HEADINGS, lines.map(cellsOf));
}

/** Any Markdown table. */
export function tableOf(headings: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [headings, headings.map(() => '---'), ...rows].map(row).join('\n');
}

function cellsOf({ what, got, goal, floor = '', shell = '' }: Line): string[] {
  const reached = goal === null ? '' : goal.isMet ? 'yes' : '**no**';
  return [what, goal?.wanted ?? '', got, floor, shell, reached];
}
