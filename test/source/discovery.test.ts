import { describe, expect, it } from 'vitest';
import { createFaultLog } from '../../src/logging/fault-log.ts';
import { createDiscovery } from '../../src/source/discovery.ts';
import type { JsonRequest } from '../../src/source/json-read.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';

const options = { signal: new AbortController().signal, isUrgent: false };
const groupId = '64b0c1d2e3f4a5b6c7d8e9f0';

/** Discovery over a connection that answers every list with these. */
function discoveryOf(results: unknown[]) {
  const logger = createRecordingLogger();
  const asked: Array<Pick<JsonRequest, 'accept'> & { path: string }> = [];
  const connection = {
    getJson: async (path: string, { accept }: Pick<JsonRequest, 'accept'>) => {
      asked.push({ path, accept });
      return { body: { results, links: [] }, text: '', status: 200, headers: new Headers() };
    },
  };
  const discovery = createDiscovery(connection, createFaultLog(logger));
  return { discovery, asked, logged: logger.lines };
}

describe('the clusters of Ops Manager', () => {
  const place = { kind: 'legacy' as const, apiVersion: 'public' as const, groupId };

  it('are asked for by id and known by name, each restorable one once', async () => {
    const { discovery, asked } = discoveryOf([
      { id: 'a1', clusterName: 'orders', typeName: 'REPLICA_SET', replicaSetName: 'orders' },
      { id: 'b1', clusterName: 'shop', typeName: 'SHARDED_REPLICA_SET' },
      { id: 'b2', clusterName: 'shop', typeName: 'REPLICA_SET', shardName: 'shop_0' },
      { id: 'b3', clusterName: 'shop', typeName: 'CONFIG_SERVER_REPLICA_SET' },
      { id: 'c1' },
      { clusterName: 'nameless' },
      null,
    ]);
    expect(await discovery.listInstances(place, options)).toEqual([
      { instanceName: 'a1', name: 'orders', tags: {} },
      { instanceName: 'b1', name: 'shop', tags: {} },
      { instanceName: 'c1', name: 'c1', tags: {} },
    ]);
    expect(asked).toEqual([
      {
        path: `/api/public/v1.0/groups/${groupId}/clusters?itemsPerPage=500&pageNum=1`,
        accept: 'application/json',
      },
    ]);
  });

  it('stand in projects that Ops Manager lists', async () => {
    const { discovery, asked } = discoveryOf([{ id: groupId, name: 'Shop' }]);
    expect(await discovery.listProjects(place, options)).toEqual([{ groupId, name: 'Shop', tags: {} }]);
    expect(asked[0]?.path).toBe('/api/public/v1.0/groups?itemsPerPage=500&pageNum=1');
  });
});

describe('entries that do not say how their jobs are asked for', () => {
  const place = { kind: 'cluster' as const, apiVersion: 'v2' as const, groupId };
  const others = { name: 'free', providerSettings: { providerName: 'TENANT' } };

  it('are left out and told of once, and again when that has ended', async () => {
    const results: unknown[] = [{ name: 'orders' }, { id: 'no-name' }, { name: '' }, null, others];
    const { discovery, logged } = discoveryOf(results);
    for (const _ of [1, 2])
      expect(await discovery.listInstances(place, options)).toMatchObject([{ instanceName: 'orders' }]);
    expect(logged).toMatchObject([
      {
        level: 'warn',
        message: `3 entries in the list of clusters of project ${groupId} cannot be read and are not watched`,
      },
    ]);
    results.splice(1, 3);
    await discovery.listInstances(place, options);
    expect(logged.slice(1)).toMatchObject([{ level: 'info' }]);
  });

  it('are a fault of the list where nothing else is left in it', async () => {
    const { discovery } = discoveryOf([{ id: 'no-name' }, others]);
    await expect(discovery.listInstances(place, options)).rejects.toMatchObject({
      reason: 'bad_response',
      message: expect.stringContaining(
        `the list of clusters of project ${groupId} holds nothing but 1 entry`,
      ),
      hint: expect.any(String),
    });
    await expect(
      discoveryOf([{ name: 'Shop' }]).discovery.listProjects(place, options),
    ).rejects.toMatchObject({
      reason: 'bad_response',
    });
  });

  it('are not looked for in an empty list, or in one of others', async () => {
    for (const results of [[], [others]])
      expect(await discoveryOf(results).discovery.listInstances(place, options)).toEqual([]);
  });
});

describe('the clusters of a watch under v1.0', () => {
  it('are listed through v2: v1.0 leaves out those with several providers', async () => {
    const { discovery, asked } = discoveryOf([{ id: 'a1', name: 'orders' }]);
    for (const kind of ['cluster', 'legacy', 'serverless'] as const) {
      await discovery.listInstances({ kind, apiVersion: 'v1.0', groupId }, options);
    }
    const query = '?itemsPerPage=500&pageNum=1';
    const v2 = {
      path: `/api/atlas/v2/groups/${groupId}/clusters${query}&includeDeletedWithRetainedBackups=true`,
      accept: 'application/vnd.atlas.2024-08-05+json',
    };
    const serverless = {
      path: `/api/atlas/v1.0/groups/${groupId}/serverless${query}`,
      accept: 'application/json',
    };
    expect(asked).toEqual([v2, v2, serverless]);
  });
});

describe('the clusters of Atlas with legacy backup', () => {
  it('are asked for by name', async () => {
    const { discovery, asked } = discoveryOf([
      { id: 'a1', name: 'orders', tags: [{ key: 'team', value: 'x' }] },
    ]);
    const place = { kind: 'legacy' as const, apiVersion: 'v2' as const, groupId };
    expect(await discovery.listInstances(place, options)).toEqual([
      { instanceName: 'orders', name: 'orders', tags: { team: 'x' } },
    ]);
    expect(asked).toEqual([
      {
        path: `/api/atlas/v2/groups/${groupId}/clusters?itemsPerPage=500&pageNum=1&includeDeletedWithRetainedBackups=true`,
        accept: 'application/vnd.atlas.2024-08-05+json',
      },
    ]);
  });
});

describe('the clusters of Atlas', () => {
  it('are listed with the deleted ones whose backups are kept, but where another has the name now', async () => {
    const { discovery } = discoveryOf([
      { name: 'orders', stateName: 'DELETED' },
      { name: 'users', stateName: 'DELETED' },
      { name: 'orders', stateName: 'IDLE' },
      { name: 'users', stateName: 'DELETED' },
      { name: 'events', stateName: 'DELETING' },
    ]);
    const place = { kind: 'cluster' as const, apiVersion: 'v2' as const, groupId };
    expect(await discovery.listInstances(place, options)).toEqual([
      { instanceName: 'orders', name: 'orders', tags: {} },
      { instanceName: 'users', name: 'users', tags: {}, isDeleted: true },
      { instanceName: 'events', name: 'events', tags: {} },
    ]);
  });
});
