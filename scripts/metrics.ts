/** Makes the tables of `docs/metrics.md` again, from the definitions of the metrics. A test finds stale ones. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withMetricsTable } from './metrics/table.ts';

const PAGE = 'docs/metrics.md';
writeFileSync(PAGE, withMetricsTable(readFileSync(PAGE, 'utf8')));
