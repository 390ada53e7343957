import type { EventName } from '../../domain/event/event.ts';
import { isTimeZone } from '../addresses.ts';
import { cronFault, nextRun } from '../cron.ts';
import { entriesOf, type Rule } from './rule.ts';

/** What the scheduler would refuse, or read otherwise than it looks; and what never comes. */
export const digestsAreCron: Rule = ({ config, fault, found }) => {
  for (const [index, channel] of entriesOf(config.channels)) {
    if (!('digest' in channel) || channel.digest === undefined) continue;
    const path = ['channels', index, 'digest'];
    const problem = cronFault(channel.digest) ?? neverComes(channel.digest, channel.timeZone);
    if (problem !== null) {
      fault(
        path,
        `expected a cron expression of five fields or six (seconds first), found ${found(path)}: ${problem}`,
      );
    }
  }
};

/** A zone that does not exist is told elsewhere. */
function neverComes(expression: string, timeZone = 'UTC'): string | null {
  try {
    nextRun(expression, isTimeZone(timeZone) ? timeZone : 'UTC');
    return null;
  } catch {
    return 'that time never comes';
  }
}

const URGENT: EventName = 'failed';

/** A failed restore that everybody reads of tomorrow: allowed, but hardly meant. */
export const somebodyIsToldAtOnce: Rule = ({ config, isFaulty, warn }) => {
  if (isFaulty(['channels']) || isFaulty(['routes'])) return;
  const channels = entriesOf(config.channels).map(([, channel]) => channel);
  const routes = entriesOf(config.routes).filter(
    ([, { events, severities }]) =>
      entriesOf(events).some(([, event]) => event === '*' || event === URGENT) &&
      (severities === undefined || entriesOf(severities).some(([, severity]) => severity === 'critical')),
  );
  const told = routes.flatMap(([, route]) => entriesOf(route.channels).map(([, name]) => name));
  const waits = (name: string): boolean => {
    const channel = channels.find((candidate) => candidate.name === name);
    return channel !== undefined && 'digest' in channel && channel.digest !== undefined;
  };
  if (told.length > 0 && told.every(waits)) {
    warn(['routes'], `"${URGENT}" goes to digests alone: nobody hears at once of a restore that failed`);
  }
};
