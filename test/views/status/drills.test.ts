import { expect, it } from 'vitest';
import { alertKey } from '../../../src/domain/event/alert.ts';
import { drillLine, drillReports } from '../../../src/views/status/drills.ts';
import { reportOfStore } from '../../../src/views/status/from-store.ts';
import { T0 } from '../../support/builders.ts';
import { readingStore } from '../../support/reading-store.ts';

const PLACE = { groupId: 'g', projectName: null, instanceName: 'catalog' };
const ALERTS = new Map([
  [alertKey('drill_overdue', 'orders'), T0],
  [alertKey('drill_overdue', 'all', PLACE, 'monthly'), T0],
  [alertKey('drill_failed', 'orders', null, 'quarterly'), T0],
  [alertKey('watch_failing', 'orders'), T0],
]);

it('lists what is told of drills, by watch, instance and name', () => {
  const since = '2026-11-02T08:00:05.000Z';
  expect(drillReports(ALERTS)).toEqual([
    { watch: 'orders', drill: null, place: null, state: 'overdue', since },
    {
      watch: 'all',
      drill: 'monthly',
      place: { groupId: 'g', instanceName: 'catalog' },
      state: 'overdue',
      since,
    },
    { watch: 'orders', drill: 'quarterly', place: null, state: 'failed', since },
  ]);
  expect(drillReports(ALERTS).map(drillLine)).toEqual([
    'watch orders: the restore drill is overdue: no restore has finished for longer than agreed, told at 2026-11-02T08:00:05Z',
    'watch all: the drill monthly of catalog in project g is overdue: no restore has finished for longer than agreed, told at 2026-11-02T08:00:05Z',
    'watch orders: the drill quarterly did not go as agreed, told at 2026-11-02T08:00:05Z',
  ]);
});

it('are known without a daemon too', async () => {
  const report = await reportOfStore({
    ...{ now: T0, daemon: 'not_running', asked: null, file: '/w.json', sha256: null, where: '/w.db' },
    ...{ watches: ['orders'], channels: [], isWhole: true, store: readingStore({ alerts: ALERTS }) },
  });
  expect(report.drills).toHaveLength(3);
  expect(report.warnings).toEqual(report.drills.map(drillLine));
});
