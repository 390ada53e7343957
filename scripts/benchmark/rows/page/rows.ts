import type { Row } from '../../bench.ts';
import { COVERAGE_ROW } from './coverage.ts';
import { FIRST_ROW } from './first.ts';
import { LIVE_ROW } from './live.ts';
import { UNOPENED_ROW } from './unopened.ts';

/** What the page costs: those who look at it, and those who do not. */
export const PAGE_ROWS: readonly Row[] = [LIVE_ROW, FIRST_ROW, UNOPENED_ROW, COVERAGE_ROW];
