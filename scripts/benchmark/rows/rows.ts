import type { Row } from '../bench.ts';
import { AGED_ROW } from './aged/aged.ts';
import { CATCH_UP_ROW } from './catch-up.ts';
import { DELIVERED_ROW } from './delivered.ts';
import { DISK_ROW } from './disk.ts';
import { HEALTHCHECK_ROW } from './healthcheck.ts';
import { LATENCY_ROW } from './latency.ts';
import { MANY_ROW } from './many.ts';
import { PAGE_ROWS } from './page/rows.ts';
import { POLL_ROWS } from './polls.ts';
import { START_ROW } from './start.ts';

/** What is measured on a store that is two years old, which takes a while to make. */
const AGED_ROWS: readonly Row[] = [AGED_ROW];

/** Everything else that can be measured, in the order of the table. */
const ROWS: readonly Row[] = [
  ...POLL_ROWS,
  START_ROW,
  HEALTHCHECK_ROW,
  DELIVERED_ROW,
  CATCH_UP_ROW,
  MANY_ROW,
  LATENCY_ROW,
  DISK_ROW,
];

/** The tables of the benchmark, each by the name of its place in `docs/costs.md`. */
export const TABLES = { benchmark: ROWS, aged: AGED_ROWS, page: PAGE_ROWS } as const;

/** The rows with these names, separated by commas; all of one table unless given. @throws when there is no such row. */
export function chosen(only: string | undefined, table: keyof typeof TABLES): readonly Row[] {
  if (only === undefined) return TABLES[table];
  return only.split(',').map((name) => {
    const row = Object.values(TABLES)
      .flat()
      .find((each) => each.name === name);
    if (row === undefined) throw new Error(`no row is called ${name}; see --list`);
    return row;
  });
}
