import {
  type Answer,
  addressAbove,
  type Call,
  type Endpoint,
  inProject,
  isObjectId,
  SERVERLESS_ENDING,
} from '../endpoint.ts';
import { refusalOfKind } from '../instances/instance-kind.ts';
import { cluster } from '../kinds/cluster.ts';
import { collection } from '../kinds/collection.ts';
import { flex } from '../kinds/flex.ts';
import type { JobPlace, SimulatedKind } from '../kinds/kind.ts';
import { legacy } from '../kinds/legacy.ts';
import { serverless } from '../kinds/serverless.ts';
import { errorAbout } from '../refusals.ts';
import type { Reply } from '../reply.ts';
import type { Instance, Project, World } from '../world.ts';
import { pageOf } from './job-list.ts';
import type { SimulatedJob } from './simulated-job.ts';

/** A page that is about to be made. */
export interface ListedPage {
  groupId: string;
  instanceName: string;
  pageNum: number;
}

/** Where jobs come from, and how their lists are ordered and paged. */
export interface JobEndpointOptions {
  world: World;
  /** How jobs are listed, where the kind has no order of its own. */
  order: 'insertion' | 'newest';
  /** Called before a page of jobs is made, unless it is the first. */
  beforeNextPage: (page: ListedPage) => void;
}

/** Where restore jobs of every kind are listed and read. */
export function jobEndpoints(options: JobEndpointOptions): Endpoint[] {
  return [serverless, flex, cluster, collection, legacy].flatMap((kind) => endpointsOf(kind, options));
}

function endpointsOf(kind: SimulatedKind, options: JobEndpointOptions): Endpoint[] {
  const list = `/groups/:groupId/${kind.instances}/:instanceName/${kind.jobs}`;
  const endpoint = (path: string, answer: (found: Found) => Answer): Endpoint => ({
    apiVersions: kind.apiVersions,
    path,
    versionDates: [kind.versionDate],
    limit: kind.limit,
    ending: kind.kind === 'serverless' ? SERVERLESS_ENDING : null,
    answer: inProject(options.world, (call, project) => {
      const instance = findInstance(kind, call, project);
      return 'status' in instance ? instance : answer({ kind, call, project, instance });
    }),
  });
  return [
    endpoint(list, (found) => listJobs(found, options)),
    endpoint(`${list}/:jobId`, (found) =>
      oneJob(found, 1, (job, place) => ({ body: kind.body(job, place) })),
    ),
    ...partEndpoints(kind, (path, answer) => endpoint(`${list}/:jobId/${path}`, answer)),
  ];
}

/** What a request is about. */
interface Found {
  kind: SimulatedKind;
  call: Call;
  project: Project;
  instance: Instance;
}

/** Ops Manager asks by the cluster's id, Atlas by its name. */
function findInstance(kind: SimulatedKind, call: Call, { instances }: Project): Instance | Reply {
  const { instanceName = '' } = call.params;
  const instance =
    call.apiVersion === 'public'
      ? [...instances.values()].find(({ id }) => id === instanceName)
      : instances.get(instanceName);
  if (!instance) return errorAbout(call, kind.errors.instanceNotFound);
  const refusal = refusalOfKind(kind.kind, instance.kind);
  return refusal ? errorAbout(call, refusal) : instance;
}

function listJobs(found: Found, { order, beforeNextPage }: JobEndpointOptions): Answer {
  const { kind, call, project, instance } = found;
  const pageNum = Number(call.url.searchParams.get('pageNum') ?? 1);
  if (pageNum > 1) beforeNextPage({ groupId: project.groupId, instanceName: instance.name, pageNum });
  const batchId = kind.kind === 'legacy' ? call.url.searchParams.get('batchId') : null;
  const jobs = [...instance.jobs.values()].filter(
    (job) => job.kind === kind.kind && (batchId === null || job.batchId === batchId),
  );
  const isNewestFirst = kind.newestFirst || order === 'newest';
  const place = placeOf(found, 0);
  const sorted = isNewestFirst ? jobs.toSorted((a, b) => b.createdAt - a.createdAt) : jobs;
  const page = pageOf(sorted, call.url.searchParams, place.listUrl, kind);
  if ('status' in page) return page;
  return { body: { ...page.frame, results: page.items.map((job) => kind.body(job, place)) } };
}

/** `depth`: how many parts of the path stand behind the list's. */
function oneJob(found: Found, depth: number, answer: (job: SimulatedJob, place: JobPlace) => Answer): Answer {
  const { kind, call, instance } = found;
  const { jobId = '' } = call.params;
  if (!isObjectId(jobId)) return errorAbout(call, 'INVALID_JOB_ID');
  const job = instance.jobs.get(jobId);
  if (job?.kind !== kind.kind) return errorAbout(call, kind.errors.jobNotFound);
  return answer(job, placeOf(found, depth));
}

function placeOf({ call, project, instance }: Found, depth: number): JobPlace {
  const listUrl = addressAbove(call, depth);
  const { groupId } = project;
  return {
    apiVersion: call.apiVersion,
    groupId,
    instanceName: instance.name,
    instanceId: instance.id,
    groupUrl: listUrl.slice(0, listUrl.indexOf(groupId) + groupId.length),
    listUrl,
  };
}

/** The list below each job. */
function partEndpoints(
  { parts, countable }: SimulatedKind,
  endpoint: (path: string, answer: (found: Found) => Answer) => Endpoint,
): Endpoint[] {
  if (parts === null) return [];
  const { name, key, bodies } = parts;
  const list = endpoint(name, (found) =>
    oneJob(found, 2, (job) => {
      const page = pageOf(bodies(job), found.call.url.searchParams, addressAbove(found.call), { countable });
      return 'status' in page ? page : { body: { ...page.frame, results: page.items } };
    }),
  );
  const one = endpoint(`${name}/:part`, (found) =>
    oneJob(found, 3, (job) => {
      const { part = '' } = found.call.params;
      const body = bodies(job).find((fields) => fields[key] === part);
      return body ? { body } : errorAbout(found.call, 'RESOURCE_NOT_FOUND');
    }),
  );
  return [list, one];
}
