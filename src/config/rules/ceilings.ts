import { isShort, neededPerMinute, periodMs, periodWords, reachOf } from '../../domain/polling/reachable.ts';
import { cronFault, periodOf } from '../cron.ts';
import { entriesOf, type Rule } from './rule.ts';

/** As the schema has them. */
const USUAL_SCHEDULE = '*/30 * * * * *';
const USUAL_CEILING = 90;

/** A schedule that asks for more than the ceiling allows is polled less often than it says. What a `*` finds counts once: how many it will be is not known here. */
export const schedulesFitCeilings: Rule = ({ config, warn }) => {
  for (const [index, { name, auth, requestsPerMinute = USUAL_CEILING }] of entriesOf(config.connections)) {
    const own = entriesOf(config.watches).flatMap(([, watch]) => {
      const { connection = name, groupId, restoreJobIds } = watch;
      const schedule = watch.scheduleIdle ?? watch.schedule ?? USUAL_SCHEDULE;
      if (name === undefined || connection !== name || groupId === undefined || groupId === '*') return [];
      if (cronFault(schedule) !== null) return [];
      const requests = Math.max(1, entriesOf(restoreJobIds).length);
      return [{ groupId: groupId.toLowerCase(), everyMs: Math.max(1_000, periodOf(schedule)), requests }];
    });
    for (const [groupId, idle] of Map.groupBy(own, (asker) => asker.groupId)) {
      const demand = { running: [], idle, login: auth?.type === 'serviceAccount' ? 0 : 1 };
      const { idleMs } = reachOf(demand, requestsPerMinute);
      const everyMs = Math.min(...idle.map((asker) => asker.everyMs));
      if (!isShort(everyMs, idleMs)) continue;
      const needed = Math.ceil(neededPerMinute(demand));
      const real = periodWords(periodMs(everyMs, idleMs));
      warn(
        ['connections', index],
        `the watches of project ${groupId} need ${needed} requests a minute of ${requestsPerMinute}: they are polled every ${real} instead of every ${periodWords(everyMs)}; set requestsPerMinute to ${needed} at least, or poll less often`,
      );
    }
  }
};
