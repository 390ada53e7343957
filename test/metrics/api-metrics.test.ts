import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { addApiFigures, type BudgetReading } from '../../src/metrics/api-metrics.ts';
import { instrumentsOf } from '../../src/metrics/instruments.ts';

function aWorld() {
  const registry = new Registry();
  const api = addApiFigures(instrumentsOf(registry));
  const lines = async (start: string): Promise<string[]> =>
    (await registry.metrics()).split('\n').filter((line) => line.startsWith(`restore_watcher_${start}`));
  return { api, lines };
}

describe('the figures about the API', () => {
  it('say what is left of each endpoint set where Atlas tells, and how many requests wait', async () => {
    const { api, lines } = aWorld();
    let readings: BudgetReading[] = [
      { project: 'p', set: 'cloud_backups', remaining: 1_100, waiting: 2 },
      { project: 'q', set: 'serverless', remaining: null, waiting: 1 },
    ];
    api.readBudgets('atlas', () => readings);
    api.readBudgets('ops', () => []);
    expect(await lines('rate_limit_remaining')).toEqual([
      'restore_watcher_rate_limit_remaining{connection="atlas",project="p",set="cloud_backups"} 1100',
    ]);
    expect(await lines('requests_waiting')).toEqual([
      'restore_watcher_requests_waiting{connection="atlas"} 3',
      'restore_watcher_requests_waiting{connection="ops"} 0',
    ]);
    readings = [];
    expect(await lines('rate_limit_remaining')).toEqual([]);
    expect((await lines('requests_waiting'))[0]).toBe(
      'restore_watcher_requests_waiting{connection="atlas"} 0',
    );
  });

  it('say when an endpoint ends', async () => {
    const { api, lines } = aWorld();
    api.readBudgets('atlas', () => []);
    const notice = { connection: 'atlas', endpoint: '/groups', sunsetAt: 1_768_435_200_000 };
    api.onSunset({ ...notice, sunsetAt: 1 });
    api.onSunset(notice);
    expect(await lines('api_sunset_timestamp_seconds')).toEqual([
      'restore_watcher_api_sunset_timestamp_seconds{connection="atlas",endpoint="/groups"} 1768435200',
    ]);
    api.readBudgets('atlas', null);
    expect(await lines('api_sunset_timestamp_seconds')).toEqual([]);
  });
});
