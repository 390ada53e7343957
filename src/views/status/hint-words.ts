import { formatSpan } from '../../domain/instant.ts';
import type { PollMode } from '../../domain/polling/hint.ts';
import type { HintView } from '../views.ts';

/** Of many projects so many are named. */
const NAMED = 3;

/** Why a project that has a feed is polled at every tick all the same. Of those with few targets nobody needs to hear. */
const WHY: Partial<Record<PollMode, string>> = {
  proving: 'whose activity feed has yet to prove itself',
  missed: 'whose activity feed has missed a job',
  refused: 'whose activity feed cannot be read',
  unreadable: 'whose activity feed cannot be understood',
  silent: 'whose activity feed tells nothing at present',
};

function many(number: number): string {
  return number === 1 ? '1 project' : `${number} projects`;
}

function are(number: number): string {
  return number === 1 ? 'is' : 'are';
}

/** How far activity feeds tell when to poll, in sentences for people; none where there is nothing to say. */
export function hintWords({ projects, instances, sweepMs, without }: HintView): string[] {
  const hinted =
    projects === 0
      ? []
      : [
          `${many(projects)} (${instances} instances) ${are(projects)} polled when the activity feed tells of a restore, and every ${formatSpan(sweepMs)} all the same.`,
        ];
  const others = [...Map.groupBy(without, ({ reason }) => reason)].flatMap(([reason, there]) => {
    const why = WHY[reason];
    if (why === undefined) return [];
    const ids = there.slice(0, NAMED).map(({ groupId }) => groupId);
    const more = there.length > NAMED ? ', …' : '';
    const detail = there[0]?.detail ?? null;
    return [
      `${many(there.length)} ${why} ${are(there.length)} polled at every tick: ${ids.join(', ')}${more}${detail === null ? '' : ` (${detail})`}.`,
    ];
  });
  return [...hinted, ...others];
}
