import { toSeconds } from '../kinds/body.ts';
import type { Instance, Project, Tags } from '../world.ts';

type Body = Record<string, unknown>;

/** Where an instance is shown. */
export interface InstancePlace {
  project: Project;
  /** The address of the instance itself, absolute. */
  url: string;
}

const MONGODB_VERSION = '8.0.12';

/** A cluster as the resource version 2024-08-05 has it: what it runs on stands in its replication specs, one for each shard. */
export function clusterBody(instance: Instance, place: InstancePlace): Body {
  const { id, kind, shards } = instance;
  const region = { priority: 7, regionName: 'EU_WEST_1', ...hardwareOf(kind) };
  const spec = { id, regionConfigs: [region], zoneId: id, zoneName: 'Zone 1' };
  return {
    ...commonFields(instance, place),
    backupEnabled: kind !== 'free' && kind !== 'flex',
    clusterType: shards > 0 ? 'SHARDED' : 'REPLICASET',
    paused: false,
    pitEnabled: kind === 'cluster' || kind === 'collection',
    replicationSpecs: Array.from({ length: Math.max(1, shards) }, () => spec),
  };
}

/** A cluster as v1.0 and the first version of v2 have it: what it runs on stands in its provider settings. */
export function oldClusterBody(instance: Instance, place: InstancePlace): Body {
  const { kind, shards } = instance;
  const isTenant = kind === 'free' || kind === 'flex';
  return {
    ...commonFields(instance, place),
    clusterType: shards > 0 ? 'SHARDED' : 'REPLICASET',
    numShards: Math.max(1, shards),
    paused: false,
    providerBackupEnabled: !isTenant,
    providerSettings: isTenant
      ? {
          backingProviderName: 'AWS',
          instanceSizeName: kind === 'free' ? 'M0' : 'FLEX',
          providerName: 'TENANT',
          regionName: 'EU_WEST_1',
        }
      : { instanceSizeName: 'M10', providerName: 'AWS', regionName: 'EU_WEST_1' },
  };
}

/** A Flex cluster as Atlas lists it. */
export function flexClusterBody(instance: Instance, place: InstancePlace): Body {
  return {
    ...commonFields(instance, place),
    backupSettings: { enabled: true },
    clusterType: 'REPLICASET',
    providerSettings: {
      backingProviderName: 'AWS',
      diskSizeGB: 5,
      providerName: 'FLEX',
      regionName: 'EU_WEST_1',
    },
  };
}

/** A serverless instance as Atlas lists it. */
export function serverlessBody(instance: Instance, place: InstancePlace): Body {
  return {
    ...commonFields(instance, place),
    providerSettings: {
      backingProviderName: 'AWS',
      providerName: 'SERVERLESS',
      regionName: 'EU_WEST_1',
    },
    serverlessBackupOptions: { serverlessContinuousBackupEnabled: true },
  };
}

/** Ops Manager lists a sharded cluster, and beside it each of its shards and its config servers. */
export function managedClusterBodies(instance: Instance, { project, url }: InstancePlace): Body[] {
  const { id, name, shards, createdAt } = instance;
  const fields = {
    clusterName: name,
    groupId: project.groupId,
    lastHeartbeat: toSeconds(createdAt),
    links: [{ href: url, rel: 'self' }],
  };
  if (shards === 0) return [{ ...fields, id, replicaSetName: name, typeName: 'REPLICA_SET' }];
  const idOf = (number: number): string => id.slice(0, 22) + number.toString(16).padStart(2, '0');
  return [
    { ...fields, id, typeName: 'SHARDED_REPLICA_SET' },
    {
      ...fields,
      id: idOf(0),
      replicaSetName: `${name}-config`,
      typeName: 'CONFIG_SERVER_REPLICA_SET',
    },
    ...Array.from({ length: shards }, (_, shard) => ({
      ...fields,
      id: idOf(shard + 1),
      replicaSetName: `${name}-shard-${shard}`,
      shardName: `${name}-shard-${shard}`,
      typeName: 'REPLICA_SET',
    })),
  ];
}

/** Tags as Atlas sends them: a list of keys and values. */
export function tagsOf(tags: Tags): Array<{ key: string; value: string }> {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

function commonFields(
  { id, name, tags, createdAt, isDeleted }: Instance,
  { project, url }: InstancePlace,
): Body {
  return {
    createDate: toSeconds(createdAt),
    groupId: project.groupId,
    id,
    links: [{ href: url, rel: 'self' }],
    mongoDBVersion: MONGODB_VERSION,
    name,
    stateName: isDeleted ? 'DELETED' : 'IDLE',
    tags: tagsOf(tags),
    terminationProtectionEnabled: false,
  };
}

/** Free and Flex clusters are tenants of a shared one. */
function hardwareOf(kind: Instance['kind']): Body {
  switch (kind) {
    case 'free':
      return tenant({ diskSizeGB: 0.5, effectiveInstanceSize: 'M0', instanceSize: 'M0' });
    case 'flex':
      return tenant({ diskSizeGB: 5, effectiveInstanceSize: 'FLEX' });
    default:
      return {
        electableSpecs: { diskSizeGB: 10, instanceSize: 'M10', nodeCount: 3 },
        providerName: 'AWS',
      };
  }
}

function tenant(electableSpecs: Body): Body {
  return { backingProviderName: 'AWS', electableSpecs, providerName: 'TENANT' };
}
