import { describe, expect, it } from 'vitest';
import type { AtlasOptions, AtlasSimulator } from '../../../src/simulator/atlas/atlas.ts';
import { GROUP_ID } from '../../support/builders.ts';
import * as client from './atlas-client.ts';
import { ask, read } from './atlas-client.ts';
import { listOf, problemsOf, type Table } from './field-tables.ts';

const OTHER_GROUP = '64b0c1d2e3f4a5b6c7d8e9ff';
const TAGS: Table['tags'] = { each: { key: 'string', value: 'string' } };

const PROJECT: Table = {
  id: 'id',
  name: 'string',
  orgId: 'id',
  clusterCount: 'count',
  created: 'date',
  tags: TAGS,
  links: 'links',
};
const INSTANCE: Table = {
  id: 'id',
  groupId: 'id',
  name: 'string',
  createDate: 'date',
  mongoDBVersion: 'string',
  stateName: ['IDLE', 'CREATING', 'UPDATING', 'DELETING', 'REPAIRING'],
  terminationProtectionEnabled: 'boolean',
  tags: TAGS,
  links: 'links',
};
const SPECS: Table = {
  diskSizeGB: 'number',
  'instanceSize?': 'string',
  'effectiveInstanceSize?': 'string',
  'nodeCount?': 'count',
};
const CLUSTER: Table = {
  ...INSTANCE,
  clusterType: ['REPLICASET', 'SHARDED', 'GEOSHARDED'],
  backupEnabled: 'boolean',
  pitEnabled: 'boolean',
  paused: 'boolean',
  replicationSpecs: {
    each: {
      id: 'id',
      zoneId: 'id',
      zoneName: 'string',
      regionConfigs: {
        each: {
          providerName: ['AWS', 'AZURE', 'GCP', 'TENANT'],
          'backingProviderName?': ['AWS', 'AZURE', 'GCP'],
          regionName: 'string',
          priority: 'count',
          electableSpecs: SPECS,
        },
      },
    },
  },
};
const OLD_CLUSTER: Table = {
  ...INSTANCE,
  clusterType: ['REPLICASET', 'SHARDED', 'GEOSHARDED'],
  numShards: 'count',
  paused: 'boolean',
  providerBackupEnabled: 'boolean',
  providerSettings: {
    providerName: ['AWS', 'AZURE', 'GCP', 'TENANT'],
    'backingProviderName?': ['AWS', 'AZURE', 'GCP'],
    instanceSizeName: 'string',
    regionName: 'string',
  },
};
const FLEX_CLUSTER: Table = {
  ...INSTANCE,
  clusterType: ['REPLICASET'],
  backupSettings: { enabled: 'boolean' },
  providerSettings: {
    providerName: ['FLEX'],
    backingProviderName: ['AWS', 'AZURE', 'GCP'],
    regionName: 'string',
    diskSizeGB: 'number',
  },
};
const SERVERLESS: Table = {
  ...INSTANCE,
  providerSettings: {
    providerName: ['SERVERLESS'],
    backingProviderName: ['AWS', 'AZURE', 'GCP'],
    regionName: 'string',
  },
  serverlessBackupOptions: { serverlessContinuousBackupEnabled: 'boolean' },
};
const MANAGED_PROJECT: Table = {
  id: 'id',
  name: 'string',
  orgId: 'id',
  activeAgentCount: 'count',
  lastActiveAgent: 'date',
  publicApiEnabled: 'boolean',
  replicaSetCount: 'count',
  shardCount: 'count',
  tags: 'strings',
  links: 'links',
};
const MANAGED_CLUSTER: Table = {
  id: 'id',
  groupId: 'id',
  clusterName: 'string',
  typeName: ['REPLICA_SET', 'SHARDED_REPLICA_SET', 'CONFIG_SERVER_REPLICA_SET'],
  lastHeartbeat: 'date',
  'replicaSetName?': 'string',
  'shardName?': 'string',
  links: 'links',
};

/** An Atlas project with an instance of each kind. */
async function anAtlas(options: Partial<AtlasOptions> = {}): Promise<AtlasSimulator> {
  const atlas = await client.anAtlas(options);
  atlas.setProject(GROUP_ID, { name: 'Payments', tags: { team: 'payments' } });
  for (const kind of ['serverless', 'flex', 'cluster', 'legacy', 'free'] as const) {
    atlas.addInstance(GROUP_ID, `a-${kind}`, kind, { tags: { tier: kind } });
  }
  return atlas;
}

function names(list: client.Shown): unknown[] {
  return list.results.map(({ name }) => name);
}

describe('projects', () => {
  it.each(['v1.0', 'v2'] as const)('are listed with names and tags in %s', async (api) => {
    const atlas = await anAtlas();
    atlas.addInstance(OTHER_GROUP, 'orders');
    const list = await read(atlas, api, '/groups');
    expect(problemsOf(list, listOf(PROJECT))).toEqual([]);
    expect(list.results).toMatchObject([
      { id: GROUP_ID, name: 'Payments', clusterCount: 5, tags: [{ key: 'team', value: 'payments' }] },
      { id: OTHER_GROUP, clusterCount: 1, tags: [] },
    ]);
    expect(await read(atlas, api, `/groups/${GROUP_ID}`)).toEqual({
      ...list.results[0],
      links: [{ href: `${atlas.url}/api/atlas/${api}/groups/${GROUP_ID}`, rel: 'self' }],
    });
  });

  it('come page by page', async () => {
    const atlas = await anAtlas();
    atlas.addInstance(OTHER_GROUP, 'orders');
    const list = await read(atlas, 'v2', '/groups?itemsPerPage=1&pageNum=2');
    expect(list.results.map(({ id }) => id)).toEqual([OTHER_GROUP]);
    expect(list.totalCount).toBe(2);
  });

  it('can go, and then are not found', async () => {
    const atlas = await anAtlas();
    atlas.removeProject(GROUP_ID);
    expect((await read(atlas, 'v2', '/groups')).results).toEqual([]);
    expect((await ask(atlas, 'v2', `/groups/${GROUP_ID}`)).status).toBe(404);
  });
});

describe('clusters', () => {
  it('are listed with all that is a cluster: free and Flex ones as tenants, serverless not at all', async () => {
    const atlas = await anAtlas();
    const list = await read(atlas, 'v2', `/groups/${GROUP_ID}/clusters`);
    expect(problemsOf(list, listOf(CLUSTER))).toEqual([]);
    const providers = list.results.map(({ name, replicationSpecs }) => {
      const [spec] = replicationSpecs as Array<{ regionConfigs: Array<{ providerName: string }> }>;
      return [name, spec!.regionConfigs[0]!.providerName];
    });
    expect(providers).toEqual([
      ['a-flex', 'TENANT'],
      ['a-cluster', 'AWS'],
      ['a-legacy', 'AWS'],
      ['a-free', 'TENANT'],
    ]);
    expect(list.results[1]).toMatchObject({ tags: [{ key: 'tier', value: 'cluster' }], backupEnabled: true });
  });

  it.each([
    ['v1.0', '2026-01-01'],
    ['v2', '2023-02-01'],
  ] as const)('have their provider in settings of their own in older versions: %s', async (api, date) => {
    const atlas = await anAtlas();
    const list = await read(atlas, api, `/groups/${GROUP_ID}/clusters`, { date });
    expect(problemsOf(list, listOf(OLD_CLUSTER))).toEqual([]);
    expect(list.results[3]).toMatchObject({ providerSettings: { instanceSizeName: 'M0' } });
  });

  it('are listed until they are removed', async () => {
    const atlas = await anAtlas();
    atlas.removeInstance(GROUP_ID, 'a-cluster');
    expect(names(await read(atlas, 'v2', `/groups/${GROUP_ID}/clusters`))).not.toContain('a-cluster');
  });

  it('are listed after their deletion to whom asks for those with backups, until their name is used again', async () => {
    const atlas = await anAtlas();
    const path = `/groups/${GROUP_ID}/clusters`;
    const withDeleted = `${path}?includeDeletedWithRetainedBackups=true`;
    atlas.retireInstance(GROUP_ID, 'a-cluster');
    expect(names(await read(atlas, 'v2', path))).not.toContain('a-cluster');
    const list = await read(atlas, 'v2', withDeleted);
    expect(list.results.find(({ name }) => name === 'a-cluster')).toMatchObject({ stateName: 'DELETED' });
    atlas.addInstance(GROUP_ID, 'a-cluster', 'cluster');
    const again = (await read(atlas, 'v2', withDeleted)).results.filter(({ name }) => name === 'a-cluster');
    expect(again).toMatchObject([{ stateName: 'IDLE' }]);
  });

  it('have one replication spec for each shard', async () => {
    const atlas = await client.anAtlas();
    atlas.addInstance(GROUP_ID, 'big', 'cluster', { shards: 3 });
    const list = await read(atlas, 'v2', `/groups/${GROUP_ID}/clusters`);
    expect(list.results[0]).toMatchObject({ clusterType: 'SHARDED' });
    expect(list.results[0]!.replicationSpecs).toHaveLength(3);
  });
});

it('lists Flex clusters alone, in v2', async () => {
  const atlas = await anAtlas();
  const list = await read(atlas, 'v2', `/groups/${GROUP_ID}/flexClusters`);
  expect(problemsOf(list, listOf(FLEX_CLUSTER))).toEqual([]);
  expect(names(list)).toEqual(['a-flex']);
  expect((await ask(atlas, 'v1.0', `/groups/${GROUP_ID}/flexClusters`)).status).toBe(404);
});

describe('serverless instances', () => {
  it.each(['v1.0', 'v2'] as const)('are a list that is always empty in %s', async (api) => {
    const atlas = await anAtlas();
    const list = await read(atlas, api, `/groups/${GROUP_ID}/serverless`);
    expect(list).toMatchObject({ results: [], totalCount: 0 });
  });

  it('can be listed as they were', async () => {
    const atlas = await anAtlas({ serverlessListed: true });
    const list = await read(atlas, 'v2', `/groups/${GROUP_ID}/serverless`);
    expect(problemsOf(list, listOf(SERVERLESS))).toEqual([]);
    expect(names(list)).toEqual(['a-serverless']);
  });
});

describe('Ops Manager', () => {
  it('lists its own projects, and clusters by id with their shards beside them', async () => {
    const atlas = await anAtlas();
    atlas.setProject(OTHER_GROUP, { name: 'On our own machines', product: 'ops_manager' });
    const id = atlas.addInstance(OTHER_GROUP, 'small', 'legacy');
    const bigId = atlas.addInstance(OTHER_GROUP, 'big', 'legacy', { shards: 2 });
    const projects = await read(atlas, 'public', '/groups');
    expect(problemsOf(projects, listOf(MANAGED_PROJECT))).toEqual([]);
    expect(names(projects)).toEqual(['On our own machines']);
    const clusters = await read(atlas, 'public', `/groups/${OTHER_GROUP}/clusters`);
    expect(problemsOf(clusters, listOf(MANAGED_CLUSTER))).toEqual([]);
    const types = clusters.results.map((cluster) => [cluster.id, cluster.typeName, cluster.shardName]);
    expect(types.slice(0, 3)).toEqual([
      [id, 'REPLICA_SET', undefined],
      [bigId, 'SHARDED_REPLICA_SET', undefined],
      [expect.any(String), 'CONFIG_SERVER_REPLICA_SET', undefined],
    ]);
    expect(types.slice(3).map(([, , shard]) => shard)).toEqual(['big-shard-0', 'big-shard-1']);
  });

  it('shows its projects to nobody who asks Atlas', async () => {
    const atlas = await client.anAtlas();
    atlas.setProject(OTHER_GROUP, { product: 'ops_manager' });
    expect((await read(atlas, 'v2', '/groups')).results).toEqual([]);
    expect(await read(atlas, 'v2', `/groups/${OTHER_GROUP}/clusters`)).toMatchObject({
      errorCode: 'NOT_ATLAS_GROUP',
    });
  });
});
