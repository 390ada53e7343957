import type { Row } from '../bench.ts';
import { DELIVERED_ROW } from './delivered.ts';
import { HEALTHCHECK_ROW } from './healthcheck.ts';
import { POLL_ROWS } from './polls.ts';

/** Everything that can be measured, in the order of the table. */
export const ROWS: readonly Row[] = [...POLL_ROWS, HEALTHCHECK_ROW, DELIVERED_ROW];

/** The rows with these names, separated by commas; all of them unless given. @throws when there is no such row. */
export function chosen(only: string | undefined): readonly Row[] {
  if (only === undefined) return ROWS;
  return only.split(',').map((name) => {
    const row = ROWS.find((each) => each.name === name);
    if (row === undefined) throw new Error(`no row is called ${name}; see --list`);
    return row;
  });
}
