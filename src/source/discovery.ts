import type { JobKind } from '../domain/restore-job.ts';
import type { ApiVersion } from '../domain/watch.ts';
import type { Connection } from './connection.ts';
import { isRecord } from './envelope.ts';
import { type Page, pageQuery, segment } from './kinds/kind.ts';
import { eachPage } from './pages.ts';
import type { JobSource, ListedInstance, ListedProject, Place, ReadOptions } from './source.ts';

/** How the instances that can have jobs of a kind are listed. */
interface InstanceList {
  /** Below the project. */
  path: string;
  /** For v2; v1.0 takes plain JSON. */
  version: string;
  /** Which of the listed ones count. */
  counts: (raw: Record<string, unknown>) => boolean;
}

const CLUSTERS: InstanceList = { path: 'clusters', version: '2024-08-05', counts: hasBackups };
const INSTANCES: Record<JobKind, InstanceList> = {
  serverless: { path: 'serverless', version: '2023-01-01', counts: () => true },
  flex: { path: 'flexClusters', version: '2024-11-13', counts: () => true },
  cluster: CLUSTERS,
  collection: CLUSTERS,
  legacy: CLUSTERS,
};

/** Requests that belong to no project come out of a budget of their own. */
const NO_PROJECT = '';

/** Reading projects is open to every member of one. */
const READ_ROLE = 'Project Read Only';

/** Finds projects and instances over a connection. */
export function createDiscovery(connection: Connection): Pick<JobSource, 'listProjects' | 'listInstances'> {
  const collect = async <T>(
    pathOf: (page: Page) => string,
    request: { accept: string; budgetKey: string },
    { signal, isUrgent }: ReadOptions,
    read: (raw: Record<string, unknown>) => T | null,
  ): Promise<T[]> => {
    const found: T[] = [];
    const pages = eachPage(
      async (page) =>
        (await connection.getJson(pathOf(page), { ...request, role: READ_ROLE, signal, isUrgent })).body,
    );
    for await (const results of pages) {
      for (const raw of results) {
        const item = isRecord(raw) ? read(raw) : null;
        if (item !== null) found.push(item);
      }
    }
    return found;
  };

  return {
    listProjects: ({ apiVersion }, options) =>
      collect(
        (page) => `/api/atlas/${apiVersion}/groups?${pageQuery(page)}`,
        { accept: accept(apiVersion, '2023-01-01'), budgetKey: NO_PROJECT },
        options,
        readProject,
      ),
    listInstances: ({ kind, apiVersion, groupId }: Place, options) => {
      const list = INSTANCES[kind];
      return collect(
        (page) => `/api/atlas/${apiVersion}/groups/${segment(groupId)}/${list.path}?${pageQuery(page)}`,
        { accept: accept(apiVersion, list.version), budgetKey: groupId },
        options,
        (raw) => (list.counts(raw) ? readInstance(raw) : null),
      );
    },
  };
}

function accept(apiVersion: ApiVersion, version: string): string {
  return apiVersion === 'v2' ? `application/vnd.atlas.${version}+json` : 'application/json';
}

function readProject(raw: Record<string, unknown>): ListedProject | null {
  const { id, name } = raw;
  if (typeof id !== 'string') return null;
  return { groupId: id, name: typeof name === 'string' ? name : id, tags: readTags(raw.tags) };
}

function readInstance(raw: Record<string, unknown>): ListedInstance | null {
  const { name } = raw;
  return typeof name === 'string' ? { instanceName: name, name, tags: readTags(raw.tags) } : null;
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
