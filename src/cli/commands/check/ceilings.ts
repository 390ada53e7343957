import type { ConnectionConfig, WatcherConfig } from '../../../config/config.ts';
import { idlePeriodOf } from '../../../config/cron.ts';
import type { Diagnosis } from '../../../diagnosis/diagnosis.ts';
import type { Watch } from '../../../domain/job/watch.ts';
import { periodWords } from '../../../domain/polling/reachable.ts';
import {
  type Ceiling,
  demandsOf,
  type ProjectDemand,
  roomBeside,
  stretchWords,
} from '../../../domain/polling/shortage.ts';

/** What the watches of a connection ask of one project. */
export interface ConnectionDemand extends ProjectDemand {
  connection: string;
  /** A `*` watch takes part: no one knew before it was counted. */
  isCounted: boolean;
  /** Nobody has written a schedule: the default stretches by itself, and nothing is wrong. */
  isMeant: boolean;
}

/** What the schedules ask of each project, with as many instances as Atlas lists. */
export function connectionDemands(
  { connections, watches }: WatcherConfig,
  diagnoses: readonly Diagnosis[],
): ConnectionDemand[] {
  const found = new Map(diagnoses.map((diagnosis) => [diagnosis.watch, diagnosis]));
  const sweptOf = new Map(diagnoses.map(({ watch, feeds }) => [watch, sweptIn(feeds)]));
  return connections.flatMap((connection) => {
    const askers = watches
      .filter((watch) => watch.connection === connection.name)
      .flatMap((watch) =>
        Object.entries(found.get(watch.name)?.asks ?? {}).map(([groupId, requests]) => ({
          ...{ watch, groupId, requests },
          everyMs: sweptOf.get(watch.name)?.has(groupId)
            ? Math.max(idlePeriodOf(watch), watch.sweepEveryMs)
            : idlePeriodOf(watch),
          refillPerMinute: found.get(watch.name)?.refills[groupId] ?? null,
        })),
      );
    return demandsOf(askers, ceilingOf(connection)).map((demand): ConnectionDemand => {
      const own = askers.filter(({ groupId }) => groupId === demand.groupId);
      return {
        connection: connection.name,
        ...demand,
        isCounted: own.some(({ watch }) => isOpenEnded(watch)),
        isMeant: own.every(({ watch }) => watch.isScheduleDefault),
      };
    });
  });
}

/** Says whether the schedules of `*` watches fit the ceilings, now that their instances are counted: the shortages, or the nearest to one. */
export function demandWords(config: WatcherConfig, diagnoses: readonly Diagnosis[]): string[] {
  const counted = connectionDemands(config, diagnoses).filter(({ isCounted }) => isCounted);
  const short = counted.filter(({ isShort }) => isShort);
  if (short.length > 0) return short.map(shortageWords);
  const [most] = counted.toSorted((a, b) => b.needed / b.perMinute - a.needed / a.perMinute);
  if (most === undefined) return [];
  const { groupId, needed, perMinute, connection } = most;
  return [
    `project ${groupId} needs ${needed} requests a minute of the ${perMinute} of connection ${connection}: every watch keeps its schedule`,
  ];
}

function shortageWords(demand: ConnectionDemand): string {
  const { groupId, needed, perMinute, connection, isMeant, by } = demand;
  const most = Math.floor(perMinute);
  const there = by === 'ceiling' ? `${most}` : `the ${most} that Atlas allows all who use the project`;
  const what = `the watches of project ${groupId} need ${needed} requests a minute of ${there}: ${stretchWords(demand)}`;
  if (by === 'bucket') return `${what}. Poll less often, or ask MongoDB for a higher limit.`;
  const wayOut = `set requestsPerMinute of connection ${connection} to ${needed} at least (Atlas itself allows about 500 a minute and project), or poll less often`;
  return isMeant
    ? `${what}. The default schedule does so by itself; for more, ${wayOut}.`
    : `${what}; ${wayOut}.`;
}

/** Says of each `*` watch what nobody can know without asking Atlas, and how many instances the ceiling has room for. */
export function roomWords({ connections, watches }: WatcherConfig): string[] {
  return watches.filter(isOpenEnded).flatMap((watch) => {
    const connection = connections.find(({ name }) => name === watch.connection);
    if (connection === undefined) return [];
    const everyMs = idlePeriodOf(watch);
    const others = watches
      .filter((other) => other !== watch && other.connection === watch.connection)
      .filter((other) => other.groupId === watch.groupId && watch.groupId !== '*')
      .map((other) => ({ everyMs: idlePeriodOf(other), requests: Math.max(1, other.restoreJobIds.length) }));
    const perInstance = Math.max(1, watch.restoreJobIds.length);
    const room = Math.floor(roomBeside(everyMs, others, ceilingOf(connection)) / perInstance);
    return [
      `${watch.name}: how many instances "*" stands for, Atlas alone knows; ${connection.requestsPerMinute} requests a minute are enough for ${room} in a project every ${periodWords(everyMs)}, more than that are polled less often. --online counts them.`,
    ];
  });
}

/** Projects whose feed tells when to poll, after the first hour. */
function sweptIn(feeds: Diagnosis['feeds']): ReadonlySet<string> {
  return new Set(feeds.flatMap(({ groupId, fault }) => (fault === null ? [groupId] : [])));
}

function isOpenEnded({ instanceName }: Watch): boolean {
  return instanceName === '*';
}

function ceilingOf({ requestsPerMinute, auth }: ConnectionConfig): Ceiling {
  return { perMinute: requestsPerMinute, login: auth.type === 'digest' ? 1 : 0 };
}
