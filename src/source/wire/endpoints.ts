/**
 * Requests that Atlas counts together, per project (or per user, for those that belong to none). After the table of rate limits in
 * https://www.mongodb.com/docs/atlas/api/api-rate-limits/ ; what is not in it has a set of its own here.
 */
export type EndpointSet =
  | 'cloud_backups'
  | 'flex_restore_jobs'
  | 'flex_clusters'
  | 'clusters'
  | 'groups'
  | 'serverless'
  | 'collection_restore_jobs'
  | 'events'
  | 'others';

/** Sets that polls of jobs never come out of: they are asked now and then, for lists of projects and instances. */
const OF_LISTS: ReadonlySet<EndpointSet> = new Set(['clusters', 'flex_clusters', 'groups']);

/** True for a set that jobs are read from: what it allows limits how often can be polled. */
export function holdsJobs(set: EndpointSet): boolean {
  return !OF_LISTS.has(set);
}

/** The first that fits. A path is told by its template, see `endpointOf`. */
const SETS: ReadonlyArray<[pattern: RegExp, set: EndpointSet]> = [
  [/\/flexClusters\/\{name\}\/backup\b/, 'flex_restore_jobs'],
  [/\/flexClusters\b/, 'flex_clusters'],
  [/\/clusters\/\{name\}\/(?:backup|restoreJobs)\b/, 'cloud_backups'],
  [/\/collectionRestoreJobs\b/, 'collection_restore_jobs'],
  [/\/serverless\b/, 'serverless'],
  [/\/clusters\b/, 'clusters'],
  [/\/events$/, 'events'],
  [/\/groups$/, 'groups'],
];

/** Words in a path that a name or an id follows. */
const PARAMETERS: Readonly<Record<string, string>> = {
  groups: '{groupId}',
  orgs: '{orgId}',
  clusters: '{name}',
  flexClusters: '{name}',
  serverless: '{name}',
};

/** In lists of jobs, one job is the same endpoint as all of them. */
const LISTS: ReadonlySet<string> = new Set(['restoreJobs', 'collectionRestoreJobs', 'restores']);

/** What kind of path it is: names and ids are replaced by what they stand for, and a job's id and the query are left out. */
export function endpointOf(path: string): string {
  const segments: string[] = [];
  let parameter: string | undefined;
  for (const segment of path.replace(/[?#].*$/s, '').split('/')) {
    segments.push(parameter ?? segment);
    parameter = parameter === undefined ? PARAMETERS[segment] : undefined;
    if (LISTS.has(segment)) break;
  }
  return segments.join('/');
}

/** The set of endpoints that Atlas counts a request for this path in. */
export function endpointSetOf(path: string): EndpointSet {
  const endpoint = endpointOf(path);
  return SETS.find(([pattern]) => pattern.test(endpoint))?.[1] ?? 'others';
}
