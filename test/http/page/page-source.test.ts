import { expect, it } from 'vitest';
import { createPageSource } from '../../../src/http/page/page-source.ts';
import { T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { aReport } from '../../support/page-facts.ts';
import { aWatcherStatus } from '../../support/statuses.ts';
import { openNewStore } from '../../support/test-store.ts';

it('remembers the views that were looked at last, and no more of them than forty', async () => {
  const opened = await openNewStore();
  let wholeReads = 0;
  const store = {
    ...opened,
    listObservations: (...asked: Parameters<typeof opened.listObservations>) => {
      wholeReads += 1;
      return opened.listObservations(...asked);
    },
  };
  const source = createPageSource({
    ...{ version: '1.2.3', store, clock: createManualClock(T0) },
    ...{ status: () => aWatcherStatus(), others: () => ({ problems: [], warnings: [] }) },
    ...{ report: async () => aReport(), rtos: () => new Map(), drills: () => [] },
    runbookUrl: () => null,
    changesFound: () => 0,
  });
  const look = (watch: string | null) =>
    source.page({ query: { range: '24h', watch, event: null }, viewer: 'viewer' });
  await look(null);
  // Nobody has a watch of these names: a view is remembered all the same.
  for (let name = 0; name < 39; name += 1) await look(`made-up-${name}`);
  expect(wholeReads).toBe(40);
  await look(null);
  expect(wholeReads).toBe(40);
  await look('one-more');
  await look(null);
  expect(wholeReads).toBe(41);
  await look('made-up-0');
  expect(wholeReads).toBe(42);
  await opened.close();
});
