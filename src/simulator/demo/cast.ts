import type { Timestamp } from '../../domain/instant.ts';
import type { JobKind } from '../../domain/job/restore-job.ts';
import { clusterJob, collectionJob, flexJob } from '../atlas/jobs/job-makers.ts';
import type { SimulatedJob } from '../atlas/jobs/simulated-job.ts';

/** The one project of the demo. */
export const DEMO_GROUP_ID = '5f0e1d2c3b4a596877665544';

/** Documents that the collection restore of the demo brings back. */
export const DEMO_DOCUMENTS = 20_000;

/** What the watcher of the demo watches. */
export interface DemoWatch {
  name: string;
  kind: Extract<JobKind, 'cluster' | 'collection' | 'flex'>;
  instanceName: string;
  /** How it logs in: with an API key, or as a service account. */
  login: 'key' | 'account';
  team: string;
  /** Stands in the path of every request for its jobs, and in no other. */
  path: string;
}

/** Three dedicated clusters, the collections of one of them, and a Flex cluster. */
export const DEMO_WATCHES = {
  orders: watch('orders', 'cluster', 'orders', 'key', 'payments'),
  catalog: watch('catalog', 'cluster', 'catalog', 'key', 'shop'),
  ledger: watch('ledger', 'cluster', 'ledger', 'account', 'payments'),
  collections: watch('collections', 'collection', 'ledger', 'account', 'payments'),
  carts: watch('carts', 'flex', 'carts', 'account', 'shop'),
} as const satisfies Record<string, DemoWatch>;

/** The watches in the order in which they stand in the configuration. */
export const ALL_DEMO_WATCHES: readonly DemoWatch[] = Object.values(DEMO_WATCHES);

/** A restore of the story. */
export interface Role {
  watch: DemoWatch;
  /** `null`: a download. */
  target: string | null;
}

/** The role's job as Atlas has it at its beginning. */
export function newJob({ watch, target }: Role, createdAt: Timestamp): SimulatedJob {
  const instance = watch.instanceName;
  const options =
    target === null
      ? ({ createdAt, instance, deliveryType: 'download' } as const)
      : { createdAt, instance, target };
  switch (watch.kind) {
    case 'cluster':
      return clusterJob(options);
    case 'flex':
      return flexJob(options);
    case 'collection':
      return collectionJob({
        ...options,
        collections: ['sales.orders', 'sales.customers'],
        totalDocuments: DEMO_DOCUMENTS,
      });
  }
}

/** `A restore of orders to orders-copy` */
export function describeRole({ watch: { kind, instanceName }, target }: Role): string {
  if (target === null) return `A download of the cluster ${instanceName}`;
  const what = {
    cluster: 'restore',
    flex: 'Flex restore',
    collection: 'restore of two collections',
  };
  return `A ${what[kind]} of ${instanceName} to ${target}`;
}

function watch(
  name: string,
  kind: DemoWatch['kind'],
  instanceName: string,
  login: DemoWatch['login'],
  team: string,
): DemoWatch {
  const path = {
    cluster: `/clusters/${instanceName}/backup/`,
    collection: `/clusters/${instanceName}/collectionRestoreJobs`,
    flex: `/flexClusters/${instanceName}/backup/`,
  }[kind];
  return { name, kind, instanceName, login, team, path };
}
