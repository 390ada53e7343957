import type { ImageProgram } from './program/image.ts';
import type { Line } from './report/line.ts';

/** What every row is measured with. */
export interface Bench {
  /** The program as the image runs it. */
  image: ImageProgram;
  /** So little that it takes seconds: it shows that the benchmark works, and its figures say nothing. */
  isShort: boolean;
  /** An old store that is there already, to be copied; `null`: one is made. */
  agedStore: string | null;
  /** Adds a table that is printed below the goals. */
  detail(title: string, headings: readonly string[], rows: ReadonlyArray<readonly string[]>): void;
  /** Tells of the progress. */
  say(text: string): void;
}

/** Something that is measured by itself. */
export interface Row {
  /** As `--only` has it. */
  name: string;
  measure(bench: Bench): Promise<Line[]>;
}
