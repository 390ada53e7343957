import type { Row } from '../bench.ts';
import { AGED_ROW } from './aged/aged.ts';
import { CATCH_UP_ROW } from './catch-up.ts';
import { DELIVERED_ROW } from './delivered.ts';
import { DISK_ROW } from './disk.ts';
import { HEALTHCHECK_ROW } from './healthcheck.ts';
import { LATENCY_ROW } from './latency.ts';
import { MANY_ROW } from './many.ts';
import { POLL_ROWS } from './polls.ts';
import { START_ROW } from './start.ts';

/** What is measured on a store that is two years old, which takes a while to make. */
export const AGED_ROWS: readonly Row[] = [AGED_ROW];

/** Everything else that can be measured, in the order of the table. */
export const ROWS: readonly Row[] = [
  ...POLL_ROWS,
  START_ROW,
  HEALTHCHECK_ROW,
  DELIVERED_ROW,
  CATCH_UP_ROW,
  MANY_ROW,
  LATENCY_ROW,
  DISK_ROW,
];

/** The rows with these names, separated by commas; all of one kind unless given. @throws when there is no such row. */
export function chosen(only: string | undefined, isAged: boolean): readonly Row[] {
  if (only === undefined) return isAged ? AGED_ROWS : ROWS;
  return only.split(',').map((name) => {
    const row = [...ROWS, ...AGED_ROWS].find((each) => each.name === name);
    if (row === undefined) throw new Error(`no row is called ${name}; see --list`);
    return row;
  });
}
