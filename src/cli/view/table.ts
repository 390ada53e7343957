import { fold, printable } from './text.ts';

/** One column of a table: its title, and the text that each row has there. */
export interface Column<T> {
  title: string;
  value: (row: T) => string;
  /** What stands there in short, where the table is too wide: an id is shortened before any name is cut. */
  short?: (row: T) => string;
  /** May be cut where the table is too wide. */
  shrinks?: boolean;
  /** May go on in further lines where the table is too wide. */
  folds?: boolean;
  /** Colours a cell that has its final length. */
  paint?: (cell: string, row: T) => string;
}

const GAP = '  ';
const NARROWEST = 8;

/**
 * Aligned columns under their titles: a line for the titles and one for each row, or more where a column is folded. What is wider than
 * `width` is made narrower in the columns that allow it.
 */
export function formatTable<T>(
  rows: readonly T[],
  columns: ReadonlyArray<Column<T>>,
  width: number,
): string[] {
  return createTable().add(rows, columns, width);
}

/** A table that is printed in portions. */
export interface Table {
  /** The lines of further rows, behind the titles where they are the first. No column is narrower than it was for those before. */
  add<T>(rows: readonly T[], columns: ReadonlyArray<Column<T>>, width: number): string[];
}

/** Creates a table without rows. */
export function createTable(): Table {
  let widest: readonly number[] = [];
  let hasTitles = false;
  let isShort = false;
  const widestSoFar = (cells: ReadonlyArray<readonly string[]>, columns: readonly Titled[]): number[] =>
    widestOf(cells, columns).map((each, index) => Math.max(each, widest[index] ?? 0));
  return {
    add: (rows, columns, width) => {
      const whole = cellsOf(rows, columns, ({ value }) => value);
      isShort ||= totalOf(widestSoFar(whole, columns)) > width;
      const cells = isShort ? cellsOf(rows, columns, ({ value, short }) => short ?? value) : whole;
      widest = widestSoFar(cells, columns);
      const widths = fitWidths(widest, columns, width);
      const lines = rows.flatMap((row, index) => linesOf(row, cells[index] ?? [], columns, widths));
      const titles = hasTitles ? [] : [columns.map(({ title }, index) => pad(title, widths[index] ?? 0))];
      hasTitles = true;
      return [...titles, ...lines].map((line) => line.join(GAP).trimEnd());
    },
  };
}

function linesOf<T>(
  row: T,
  cells: readonly string[],
  columns: ReadonlyArray<Column<T>>,
  widths: readonly number[],
): string[][] {
  const stacks = columns.map(({ folds }, at) => {
    const cell = cells[at] ?? '';
    return folds ? fold(cell, widths[at] ?? 0) : [cell];
  });
  const height = Math.max(...stacks.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) =>
    columns.map((column, at) => {
      const cell = pad(stacks[at]?.[line] ?? '', widths[at] ?? 0);
      return column.paint ? column.paint(cell, row) : cell;
    }),
  );
}

type Titled = Pick<Column<never>, 'title'>;

function cellsOf<T>(
  rows: readonly T[],
  columns: ReadonlyArray<Column<T>>,
  pick: (column: Column<T>) => (row: T) => string,
): string[][] {
  return rows.map((row) => columns.map((column) => printable(pick(column)(row))));
}

function widestOf(cells: ReadonlyArray<readonly string[]>, columns: readonly Titled[]): number[] {
  return columns.map(({ title }, index) =>
    cells.reduce((widest, line) => Math.max(widest, [...(line[index] ?? '')].length), title.length),
  );
}

function totalOf(widths: readonly number[]): number {
  return widths.reduce((sum, each) => sum + each + GAP.length, -GAP.length);
}

/** Takes the surplus from the widest column that may be narrower, again and again. */
function fitWidths(
  widths: readonly number[],
  columns: ReadonlyArray<Pick<Column<never>, 'shrinks' | 'folds'>>,
  width: number,
): number[] {
  const fitted = [...widths];
  const mayNarrow = columns.map(({ shrinks, folds }) => shrinks || folds);
  for (let surplus = totalOf(fitted) - width; surplus > 0; surplus -= 1) {
    const candidates = fitted.filter((each, index) => mayNarrow[index] && each > NARROWEST);
    if (candidates.length === 0) break;
    const widest = fitted.findIndex((each, index) => mayNarrow[index] && each === Math.max(...candidates));
    fitted[widest] = (fitted[widest] ?? 0) - 1;
  }
  return fitted;
}

function pad(text: string, width: number): string {
  const characters = [...text];
  const shown = characters.length > width ? `${characters.slice(0, width - 1).join('')}…` : text;
  return shown + ' '.repeat(Math.max(0, width - characters.length));
}
