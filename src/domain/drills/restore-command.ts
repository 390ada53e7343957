import type { JobKind } from '../job/restore-job.ts';
import { shellWord } from '../shell-word.ts';

/** Where a drill restores from, and into what. */
export interface DrillRoute {
  kind: JobKind;
  groupId: string;
  instanceName: string;
  /** The cluster that the last restore went into, or that the drill names; `null`: nobody knows. */
  targetClusterName: string | null;
}

/**
 * The command of the Atlas CLI that runs the drill, for a person to look at and run: it restores the latest snapshot. Nobody runs it by itself,
 * since Atlas removes all that the target holds. `null`: the CLI has no command for such restores.
 * https://www.mongodb.com/docs/atlas/cli/current/command/atlas-backups-restores-start/
 */
export function restoreCommand({
  kind,
  groupId,
  instanceName,
  targetClusterName,
}: DrillRoute): string | null {
  const from = shellWord(instanceName);
  const target = `--targetClusterName ${targetClusterName === null ? 'TARGET' : shellWord(targetClusterName)} --targetProjectId ${shellWord(groupId)}`;
  const project = `--projectId ${shellWord(groupId)}`;
  const latest = (list: string) => `"$(${list} ${project} -o json | jq -r '.results[0].id')"`;
  switch (kind) {
    case 'cluster':
    case 'flex':
      return `atlas backups restores start automated --clusterName ${from} --snapshotId ${latest(`atlas backups snapshots list ${from}`)} ${target} ${project}`;
    case 'serverless':
      return `atlas serverless backups restores create --deliveryType automated --clusterName ${from} --snapshotId ${latest(`atlas serverless backups snapshots list --clusterName ${from}`)} ${target} ${project}`;
    case 'collection':
    case 'legacy':
      return null;
  }
}
