import { isDeepStrictEqual } from 'node:util';
import { SERVERLESS_END } from '../../domain/job/serverless-end.ts';
import { isTold } from '../../domain/polling/feed-events.ts';
import { alongsideOf, type Coverage, cessionsOf } from '../../domain/polling/ownership.ts';
import { apiNamedBy } from '../addresses.ts';
import { cronFault } from '../cron.ts';
import { entriesOf, type Rule } from './rule.ts';

/** Flex clusters and collection restores came after v1.0. */
export const apiVersionFitsKind: Rule = ({ config, fault, found }) => {
  for (const [index, { kind, apiVersion }] of entriesOf(config.watches)) {
    if ((kind === 'flex' || kind === 'collection') && apiVersion === 'v1.0') {
      const path = ['watches', index, 'apiVersion'];
      fault(path, `expected "v2" (Atlas has the kind ${kind} in no other version), found ${found(path)}`);
    }
  }
};

/** Who began a restore, feeds tell of some kinds alone. */
export const actorsAreTold: Rule = ({ config, warn }) => {
  for (const [index, { kind, apiVersion, actors }] of entriesOf(config.watches)) {
    if (actors !== true || kind === undefined || (isTold(kind) && apiVersion !== 'v1.0')) continue;
    const what = isTold(kind) ? `"apiVersion": "v1.0"` : `the kind ${kind}`;
    warn(['watches', index, 'actors'], `no activity feed tells who began a restore of ${what}`);
  }
};

/** Ops Manager and Cloud Manager have an API of their own, in one version. */
export const apiVersionFitsAddress: Rule = ({ config, fault, found }) => {
  const connections = entriesOf(config.connections).map(([, connection]) => connection);
  for (const [index, { kind, apiVersion, connection }] of entriesOf(config.watches)) {
    const baseUrl = connections.find(({ name }) => connection === undefined || name === connection)?.baseUrl;
    if (kind !== 'legacy' || apiVersion !== 'v2' || apiNamedBy(baseUrl ?? '') !== 'public') continue;
    const path = ['watches', index, 'apiVersion'];
    fault(
      path,
      `expected "v1.0", or nothing (baseUrl names the API of Ops Manager and Cloud Manager), found ${found(path)}`,
    );
  }
};

/** What the scheduler would refuse, or read otherwise than it looks. */
export const schedulesAreCron: Rule = ({ config, fault, found }) => {
  for (const [index, watch] of entriesOf(config.watches)) {
    for (const key of ['schedule', 'scheduleIdle'] as const) {
      const path = ['watches', index, key];
      const problem = watch[key] === undefined ? null : cronFault(watch[key]);
      if (problem !== null) {
        fault(
          path,
          `expected a cron expression of six fields (seconds first) or five, found ${found(path)}: ${problem}`,
        );
      }
    }
  }
};

/** A job id that stands twice in a watch is told of. */
export const jobIdsDiffer: Rule = ({ config, warn }) => {
  for (const [index, { restoreJobIds }] of entriesOf(config.watches)) {
    const seen = new Set<string>();
    for (const [place, id] of entriesOf(restoreJobIds)) {
      if (seen.has(id.toLowerCase())) warn(['watches', index, 'restoreJobIds', place], 'stands here twice');
      seen.add(id.toLowerCase());
    }
  }
};

/** Warns once that serverless has ended. */
export const serverlessHasEnded: Rule = ({ config, warn }) => {
  const [first, ...others] = entriesOf(config.watches).filter(([, { kind }]) => kind === 'serverless');
  if (first === undefined) return;
  const count = others.length === 0 ? '' : ` (The same holds for ${others.length} more.)`;
  warn(['watches', first[0], 'kind'], `${SERVERLESS_END}${count}`);
};

/**
 * A job is told once: by the watch that names it most closely. Whoever wonders why the other is silent finds it here, and which jobs are told
 * twice, since two watches of one connection name them equally closely.
 */
export const overlapsAreTold: Rule = ({ config, warn }) => {
  const connections = entriesOf(config.connections).map(([, { name }]) => name);
  const whole = entriesOf(config.watches).flatMap(([index, watch]) => {
    const { name, kind, groupId, instanceName, exclude, restoreJobIds } = watch;
    const connection = watch.connection ?? connections[0];
    if (name === undefined || kind === undefined || groupId === undefined) return [];
    if (instanceName === undefined || connection === undefined) return [];
    const coverage = {
      ...{ name, connection, kind, groupId: groupId.toLowerCase(), instanceName },
      exclude: entriesOf(exclude).map(([, glob]) => glob),
      restoreJobIds: entriesOf(restoreJobIds).map(([, id]) => id.toLowerCase()),
    };
    return [{ index, coverage }];
  });
  const all = whole.map(({ coverage }) => coverage);
  for (const { index, coverage } of whole) {
    for (const { to, instanceName, jobIds } of cessionsOf(coverage, all)) {
      const what = jobIds.length > 0 ? `${jobIds.length} restore jobs` : `instance ${instanceName}`;
      warn(
        ['watches', index],
        `takes in what watch "${to}" names more closely (${what}): that is told by "${to}" alone`,
      );
    }
    const alongside = new Set(alongsideOf(coverage, all));
    for (const { index: earlier, coverage: other } of whole) {
      if (earlier >= index || other.connection !== coverage.connection || !alongside.has(other.name))
        continue;
      warn(['watches', index], doubleWords(coverage, other, earlier));
    }
    if (coverage.exclude.length > 0 && coverage.instanceName !== '*') {
      warn(['watches', index, 'exclude'], 'no effect where instanceName names an instance');
    }
  }
};

function doubleWords(watch: Coverage, other: Coverage, index: number): string {
  const isAll =
    watch.groupId === other.groupId &&
    watch.instanceName === other.instanceName &&
    isDeepStrictEqual(new Set(watch.restoreJobIds), new Set(other.restoreJobIds)) &&
    isDeepStrictEqual(new Set(watch.exclude), new Set(other.exclude));
  if (isAll) return `follows the same jobs as watches[${index}], so all is told twice`;
  return `follows some of the jobs that watches[${index}] ("${other.name}") follows and names equally closely: those are told twice; name each in one of them, or use "exclude"`;
}
