import { demandsOf, type ProjectAsker, stretchWords } from '../../domain/polling/shortage.ts';
import { cronFault, periodOf } from '../cron.ts';
import { entriesOf, type Rule } from './rule.ts';

/** As the schema has them. */
const USUAL_SCHEDULE = '*/30 * * * * *';
const USUAL_CEILING = 90;

/**
 * A schedule that asks for more than the ceiling allows is polled less often than it says. What a `*` finds counts once: how many that
 * will be is not known here, `check --online` counts them.
 */
export const schedulesFitCeilings: Rule = ({ config, warn }) => {
  for (const [index, { name, auth, requestsPerMinute = USUAL_CEILING }] of entriesOf(config.connections)) {
    const openEnded = new Set<string>();
    const askers = entriesOf(config.watches).flatMap(([, watch]): ProjectAsker[] => {
      const { connection = name, groupId, instanceName, restoreJobIds } = watch;
      const schedule = watch.scheduleIdle ?? watch.schedule ?? USUAL_SCHEDULE;
      if (name === undefined || connection !== name || groupId === undefined || groupId === '*') return [];
      if (cronFault(schedule) !== null) return [];
      if (instanceName === '*') openEnded.add(groupId.toLowerCase());
      const requests = Math.max(1, entriesOf(restoreJobIds).length);
      return [{ groupId: groupId.toLowerCase(), everyMs: periodOf(schedule), requests }];
    });
    const ceiling = { perMinute: requestsPerMinute, login: auth?.type === 'serviceAccount' ? 0 : 1 };
    for (const demand of demandsOf(askers, ceiling)) {
      if (!demand.isShort) continue;
      const { groupId, needed } = demand;
      const least = openEnded.has(groupId) ? 'at least ' : '';
      warn(
        ['connections', index],
        `the watches of project ${groupId} need ${least}${needed} requests a minute of ${requestsPerMinute}: ${stretchWords(demand)}; set requestsPerMinute to ${needed} at least, or poll less often`,
      );
    }
  }
};
