import type { JobKind } from '../domain/job/restore-job.ts';
import type { JobSource, ListedProject, Place, ReadOptions } from '../source/source.ts';

/** An instance, and the kind under which its jobs are read. */
export interface Neighbour {
  /** What `instanceName` has to be. */
  instanceName: string;
  /** What people call it: the same, except where jobs are asked for by the cluster's id. */
  name: string;
  kind: JobKind;
}

type Own = Pick<Place, 'kind' | 'apiVersion'>;

/** What else a credential sees, for suggestions. `null`: it may not look. Atlas is asked once for each list. */
export interface Inventory {
  /** All projects that the credential sees. */
  projects(own: Own): Promise<readonly ListedProject[] | null>;
  /** The instances of a project under every kind that can be looked under; `null` when none can. */
  instances(groupId: string, own: Own): Promise<readonly Neighbour[] | null>;
}

/** Atlas has a list for each of these. (Collection restores and legacy backups are those of the clusters in the second.) */
export const ATLAS_LISTS: readonly JobKind[] = ['flex', 'cluster', 'serverless'];

/** An inventory of which nothing has been asked for yet. */
export function createInventory(source: JobSource, options: ReadOptions): Inventory {
  const projects = createMemo((own: Own) => source.listProjects(own, options));
  const instances = createMemo(async (place: Place) =>
    (await source.listInstances(place, options)).filter(({ isDeleted }) => !isDeleted),
  );
  return {
    projects: (own) => projects(ofList(own)),
    instances: async (groupId, own) => {
      const kinds = own.apiVersion === 'public' ? [own.kind] : ATLAS_LISTS;
      const lists = await Promise.all(
        kinds.map(async (kind) => {
          const list = await instances({ ...ofList({ ...own, kind }), groupId });
          return list?.map(({ instanceName, name }): Neighbour => ({ instanceName, name, kind })) ?? null;
        }),
      );
      return lists.every((list) => list === null) ? null : lists.flatMap((list) => list ?? []);
    },
  };
}

/** The newer API of Atlas has every list. */
function ofList({ kind, apiVersion }: Own): Own {
  return { kind, apiVersion: apiVersion === 'public' ? apiVersion : 'v2' };
}

/** Asks once for each question. What cannot be had is `null`: it would only have made a hint better. */
function createMemo<Q, A>(ask: (question: Q) => Promise<A>): (question: Q) => Promise<A | null> {
  const answers = new Map<string, Promise<A | null>>();
  return (question) => {
    const key = JSON.stringify(question);
    const answer = answers.get(key) ?? ask(question).catch(() => null);
    answers.set(key, answer);
    return answer;
  };
}
