import type { JobKind } from '../domain/job/restore-job.ts';
import type { ApiVersion } from '../domain/job/watch.ts';
import { isRecord } from '../domain/json-object.ts';
import type { FaultLog } from '../logging/fault-log.ts';
import type { Connection } from './connection.ts';
import { acceptOf, apiPath, type Page, pageQuery, projectPath } from './kinds/kind.ts';
import { FIRST_PAGE, pageAfter, readPage } from './pages.ts';
import { badResponse } from './reply/atlas-errors.ts';
import type { JobSource, ListedInstance, ListedProject, Place, ReadOptions } from './source.ts';

/** How the instances that can have jobs of a kind are listed. */
interface InstanceList {
  /** Below the project. */
  path: string;
  /** For v2; v1.0 takes plain JSON. */
  version: string;
  /** Asks for what the list leaves out by itself. */
  query?: string;
  /** The API that lists them for a watch that reads its jobs under v1.0; left out where v1.0 lists all of them itself. */
  under?: ApiVersion;
  /** Which of the listed ones count. */
  counts: (raw: Record<string, unknown>) => boolean;
  /** Where the name stands under which its jobs are asked for, and the one that people know it by. */
  key: string;
  name: string;
}

const ATLAS = { key: 'name', name: 'name' };
const CLUSTERS: InstanceList = {
  ...ATLAS,
  path: 'clusters',
  version: '2024-08-05',
  query: '&includeDeletedWithRetainedBackups=true',
  // v1.0 leaves out every cluster that stands with several cloud providers, and says nothing of it.
  under: 'v2',
  counts: hasBackups,
};
const INSTANCES: Record<JobKind, InstanceList> = {
  serverless: { ...ATLAS, path: 'serverless', version: '2023-01-01', counts: () => true },
  flex: { ...ATLAS, path: 'flexClusters', version: '2024-11-13', counts: () => true },
  cluster: CLUSTERS,
  collection: CLUSTERS,
  legacy: CLUSTERS,
};

/** The clusters of Ops Manager and Cloud Manager, whose jobs are asked for by the cluster's id. */
const MANAGED_CLUSTERS: InstanceList = {
  path: 'clusters',
  version: '',
  counts: isWhole,
  key: 'id',
  name: 'clusterName',
};

/** Requests that belong to no project come out of a budget of their own. */
const NO_PROJECT = '';

/** Reading projects is open to every member of one. */
const READ_ROLE = 'Project Read Only';

/** What is read of an entry of a list: what it stands for, that it is none of those that count, or nothing at all. */
type Reading<T> = { kind: 'found'; item: T } | { kind: 'other' } | { kind: 'unreadable' };

const UNREADABLE = { kind: 'unreadable' } as const;

/**
 * Finds projects and instances over a connection. An entry that does not say how its jobs are asked for is left out, and told of once; where no other
 * is left, the list counts as one that cannot be read.
 */
export function createDiscovery(
  connection: Pick<Connection, 'getJson'>,
  faultLog?: FaultLog | undefined,
): Pick<JobSource, 'listProjects' | 'listInstances'> {
  const tellOfUnreadable = (what: string, count: number): void => {
    if (count === 0) faultLog?.clear(what, `Every entry in ${what} can be read again`);
    else
      faultLog?.report(
        what,
        `${entries(count)} in ${what} cannot be read and ${count === 1 ? 'is' : 'are'} not watched`,
        {
          hint: UNREADABLE_HINT,
        },
      );
  };
  const collect = async <T>(
    what: string,
    pathOf: (page: Page) => string,
    request: { accept: string; budgetKey: string },
    { signal, isUrgent, onWait }: ReadOptions,
    read: (raw: Record<string, unknown>) => Reading<T>,
  ): Promise<T[]> => {
    const found: T[] = [];
    let unreadable = 0;
    const reading = { ...request, role: READ_ROLE, signal, isUrgent, onWait };
    for (let page: Page | null = FIRST_PAGE; page !== null; ) {
      const { body } = await connection.getJson(pathOf(page), reading);
      const { results, hasNext } = readPage(body, page);
      for (const raw of results) {
        const one = isRecord(raw) ? read(raw) : UNREADABLE;
        if (one.kind === 'found') found.push(one.item);
        else if (one.kind === 'unreadable') unreadable += 1;
      }
      page = hasNext ? pageAfter(page) : null;
    }
    tellOfUnreadable(what, unreadable);
    if (unreadable > 0 && found.length === 0)
      throw badResponse(`${what} holds nothing but ${entries(unreadable)} that cannot be read`, {
        hint: UNREADABLE_HINT,
      });
    return found;
  };

  return {
    listProjects: ({ apiVersion }, options) =>
      collect(
        'the list of projects',
        (page) => `${apiPath(apiVersion)}/groups?${pageQuery(page)}`,
        { accept: acceptOf(apiVersion, '2023-01-01'), budgetKey: NO_PROJECT },
        options,
        readProject,
      ),
    listInstances: async ({ kind, groupId, ...place }: Place, options) => {
      const list = place.apiVersion === 'public' ? MANAGED_CLUSTERS : INSTANCES[kind];
      const apiVersion = place.apiVersion === 'v1.0' ? (list.under ?? 'v1.0') : place.apiVersion;
      const listed = await collect(
        `the list of ${list.path} of project ${groupId}`,
        (page) =>
          `${projectPath({ apiVersion, groupId })}/${list.path}?${pageQuery(page)}${list.query ?? ''}`,
        { accept: acceptOf(apiVersion, list.version), budgetKey: groupId },
        options,
        (raw) => (list.counts(raw) ? readInstance(raw, list) : { kind: 'other' }),
      );
      return oneOfEachName(listed);
    },
  };
}

const UNREADABLE_HINT =
  'Atlas names each by an id or a name, and these have none: is something between this watcher and Atlas that changes its answers?';

function entries(count: number): string {
  return count === 1 ? '1 entry' : `${count} entries`;
}

function readProject(raw: Record<string, unknown>): Reading<ListedProject> {
  const { id, name } = raw;
  if (typeof id !== 'string' || id === '') return UNREADABLE;
  return {
    kind: 'found',
    item: { groupId: id, name: typeof name === 'string' ? name : id, tags: readTags(raw.tags) },
  };
}

function readInstance(raw: Record<string, unknown>, list: InstanceList): Reading<ListedInstance> {
  const instanceName = raw[list.key];
  const name = raw[list.name];
  if (typeof instanceName !== 'string' || instanceName === '') return UNREADABLE;
  const item: ListedInstance = {
    instanceName,
    name: typeof name === 'string' ? name : instanceName,
    tags: readTags(raw.tags),
    ...(raw.stateName === 'DELETED' ? { isDeleted: true } : {}),
  };
  return { kind: 'found', item };
}

/** Names can be used again: what is there counts before what was deleted. */
function oneOfEachName(listed: readonly ListedInstance[]): ListedInstance[] {
  const byName = new Map<string, ListedInstance>();
  for (const instance of listed) {
    const other = byName.get(instance.instanceName);
    if (other === undefined || other.isDeleted) byName.set(instance.instanceName, instance);
  }
  return [...byName.values()];
}

function readTags(raw: unknown): Record<string, string> {
  const tags = Array.isArray(raw) ? raw : [];
  return Object.fromEntries(
    tags.flatMap((tag) =>
      isRecord(tag) && typeof tag.key === 'string' ? [[tag.key, String(tag.value ?? '')]] : [],
    ),
  );
}

/** Free (M0) clusters have no backups, and flex clusters have a list of their own: both stand in this one too, by their provider. */
function hasBackups(raw: Record<string, unknown>): boolean {
  return !/"(?:providerName|backingProviderName|instanceSizeName|instanceSize)":"(?:TENANT|FLEX|SERVERLESS|M0|M2|M5)"/.test(
    JSON.stringify([raw.replicationSpecs, raw.providerSettings]),
  );
}

/** A sharded cluster is listed itself, and so are its shards and its config servers. Its restores are its own. */
function isWhole({ typeName, shardName }: Record<string, unknown>): boolean {
  return typeName !== 'CONFIG_SERVER_REPLICA_SET' && typeof shardName !== 'string';
}
