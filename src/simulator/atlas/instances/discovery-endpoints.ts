import type { ApiVersion } from '../../../domain/job/watch.ts';
import {
  type Answer,
  addressAbove,
  type Call,
  type Ending,
  type Endpoint,
  inProject,
  SERVERLESS_ENDING,
} from '../endpoint.ts';
import { pageOf } from '../jobs/job-list.ts';
import { toSeconds } from '../kinds/body.ts';
import type { Instance, Project, World } from '../world.ts';
import {
  clusterBody,
  flexClusterBody,
  type InstancePlace,
  managedClusterBodies,
  oldClusterBody,
  serverlessBody,
  tagsOf,
} from './instance-bodies.ts';

const ORG_ID = '5f0e1d2c3b4a5968776655aa';
const ATLAS: readonly ApiVersion[] = ['v1.0', 'v2'];

/** Announced for January 2027. */
const SERVERLESS_LIST_ENDING: Ending = {
  deprecation: SERVERLESS_ENDING.deprecation,
  sunset: 'Mon, 18 Jan 2027 00:00:00 GMT',
  isOver: false,
};

/** Announced for July 2027; deprecated, as far as one can tell, since there is a newer version. */
const OLD_CLUSTERS_ENDING: Ending = {
  version: '2023-01-01',
  deprecation: 'Mon, 05 Aug 2024 00:00:00 GMT',
  sunset: 'Thu, 01 Jul 2027 00:00:00 GMT',
  isOver: false,
};

/** What the lists of projects and instances are made from. */
export interface DiscoveryOptions {
  world: World;
  /** Lists serverless instances; since January 2026 Atlas gives an empty list, whatever there is. */
  serverlessListed: boolean;
}

type Body = Record<string, unknown>;

/** Where projects and their instances are listed. */
export function discoveryEndpoints(options: DiscoveryOptions): Endpoint[] {
  return [...projectEndpoints(options), ...instanceEndpoints(options)];
}

function projectEndpoints({ world }: Pick<DiscoveryOptions, 'world'>): Endpoint[] {
  return [
    {
      apiVersions: [...ATLAS, 'public'],
      path: '/groups',
      versionDates: ['2023-01-01'],
      limit: 'projects',
      ending: null,
      answer: (call) => {
        const isSeen = ({ product }: Project): boolean =>
          (product === 'atlas') === (call.apiVersion !== 'public');
        const bodies = world
          .projects()
          .filter(isSeen)
          .map((project) => projectBody(project, `${addressAbove(call)}/${project.groupId}`));
        return listOf(bodies, call);
      },
    },
    {
      apiVersions: [...ATLAS, 'public'],
      path: '/groups/:groupId',
      versionDates: ['2023-01-01'],
      limit: 'projects',
      ending: null,
      answer: inProject(world, (call, project) => ({ body: projectBody(project, addressAbove(call)) })),
    },
  ];
}

function instanceEndpoints({ world, serverlessListed }: DiscoveryOptions): Endpoint[] {
  const instances = (
    kinds: (instance: Instance) => boolean,
    bodies: (instance: Instance, place: InstancePlace, call: Call) => Body[],
  ): Endpoint['answer'] =>
    inProject(world, (call, project) => {
      const shown = [...project.instances.values()]
        .filter(isShown(call))
        .filter(kinds)
        .flatMap((instance) => {
          const url = `${addressAbove(call)}/${encodeURIComponent(instance.name)}`;
          return bodies(instance, { project, url }, call);
        });
      return listOf(shown, call);
    });

  return [
    {
      apiVersions: ATLAS,
      path: '/groups/:groupId/clusters',
      versionDates: ['2023-01-01', '2024-08-05'],
      limit: 'clusters',
      ending: OLD_CLUSTERS_ENDING,
      answer: instances(
        ({ kind }) => kind !== 'serverless',
        (instance, place, { version }) => [
          version === '2024-08-05' ? clusterBody(instance, place) : oldClusterBody(instance, place),
        ],
      ),
    },
    {
      apiVersions: ['public'],
      path: '/groups/:groupId/clusters',
      versionDates: [],
      limit: 'clusters',
      ending: null,
      answer: instances(() => true, managedClusterBodies),
    },
    {
      apiVersions: ['v2'],
      path: '/groups/:groupId/flexClusters',
      versionDates: ['2024-11-13'],
      limit: 'flexClusters',
      ending: null,
      answer: instances(
        ({ kind }) => kind === 'flex',
        (instance, place) => [flexClusterBody(instance, place)],
      ),
    },
    {
      apiVersions: ATLAS,
      path: '/groups/:groupId/serverless',
      versionDates: ['2023-01-01'],
      limit: 'serverless',
      ending: SERVERLESS_LIST_ENDING,
      answer: instances(
        ({ kind }) => kind === 'serverless' && serverlessListed,
        (instance, place) => [serverlessBody(instance, place)],
      ),
    },
  ];
}

/** Of all lists, that of clusters alone can show deleted ones. */
function isShown({ url }: Call): (instance: Instance) => boolean {
  const asksForDeleted =
    url.pathname.endsWith('/clusters') &&
    url.searchParams.get('includeDeletedWithRetainedBackups') === 'true';
  return ({ isDeleted }) => asksForDeleted || !isDeleted;
}

function listOf(bodies: readonly Body[], call: Call): Answer {
  const page = pageOf(bodies, call.url.searchParams, addressAbove(call), { countable: true });
  return 'status' in page ? page : { body: { ...page.frame, results: page.items } };
}

function projectBody({ groupId, name, tags, product, createdAt, instances }: Project, url: string): Body {
  const fields = { id: groupId, links: [{ href: url, rel: 'self' }], name, orgId: ORG_ID };
  if (product === 'atlas') {
    return { ...fields, clusterCount: instances.size, created: toSeconds(createdAt), tags: tagsOf(tags) };
  }
  return {
    ...fields,
    activeAgentCount: 1,
    lastActiveAgent: toSeconds(createdAt),
    publicApiEnabled: true,
    replicaSetCount: instances.size,
    shardCount: [...instances.values()].reduce((sum, { shards }) => sum + shards, 0),
    tags: Object.keys(tags),
  };
}
