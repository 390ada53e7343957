import { createTask, type ScheduledTask, validateDetailed } from 'node-cron';
import type { Timestamp } from '../domain/instant.ts';
import type { Watch } from '../domain/job/watch.ts';
import { type ClockGap, clockGaps } from '../domain/schedule/clock-change.ts';

const FIELDS = [
  { label: 'second', from: 0, to: 59 },
  { label: 'minute', from: 0, to: 59 },
  { label: 'hour', from: 0, to: 23 },
  { label: 'day of month', from: 1, to: 31 },
  { label: 'month', from: 1, to: 12 },
  { label: 'day of week', from: 0, to: 7 },
] as const;

/**
 * What is wrong with a cron expression; `null` when it is sound. Stricter than node-cron 4.6, which takes a step longer than its
 * field for "once a round" (every 90 seconds is once a minute), a range that runs backwards for one over the edge (`1-0` is always),
 * and nicknames such as `@daily`.
 */
export function cronFault(expression: string): string | null {
  const fields = expression.trim().split(/\s+/);
  if (expression.trim() === '') return 'there are no fields';
  if (fields.length !== 5 && fields.length !== 6) {
    return `there ${fields.length === 1 ? 'is 1 field' : `are ${fields.length} fields`}`;
  }
  const { valid, errors } = validateDetailed(expression);
  if (!valid) return errors.map(({ field, value, message }) => refusal(field, value, message)).join('; ');
  const offset = FIELDS.length - fields.length;
  return (
    fields.map((field, index) => trap(field, index + offset)).find((problem) => problem !== null) ?? null
  );
}

/**
 * When a cron expression comes round next on the wall of an IANA zone, counted from now by the system's clock, since node-cron 4.6
 * takes no other. Always ahead. A time that a change of the clocks leaves out comes at the next minute that there is; of one that comes
 * twice, the second counts, as node-cron has it, and between the two the next day's.
 * @throws {Error} when it never comes, or there is no such zone.
 */
export function nextRun(expression: string, timeZone: string): Timestamp {
  const now = Date.now();
  const next = withTask(expression, timeZone, (task) => task.getNextRuns(1)[0]);
  if (next === undefined) throw new Error(`no next run of ${expression}`);
  const gap = clockGaps(timeZone, now, next.getTime()).find((one) => isWithin(expression, one));
  return gap === undefined ? next.getTime() : gap.at;
}

/** Milliseconds from the next slot of a cron expression, read in UTC, to the one after it. Nobody is polled more often than every second. */
export function periodOf(expression: string): number {
  const [next, after] = withTask(expression, 'UTC', (task) => task.getNextRuns(2));
  return next === undefined || after === undefined
    ? 1_000
    : Math.max(1_000, after.getTime() - next.getTime());
}

/** Milliseconds from one poll of a watch to the next while nothing runs there. */
export function idlePeriodOf({ schedule, scheduleIdle }: Pick<Watch, 'schedule' | 'scheduleIdle'>): number {
  return periodOf(scheduleIdle ?? schedule);
}

/** True when the expression would have come round within the gap. */
function isWithin(expression: string, { wallFrom, wallTo }: ClockGap): boolean {
  // Whatever the second: what is left out comes at the end of the gap.
  const minutes = expression.trim().split(/\s+/).slice(-5).join(' ');
  return withTask(minutes, 'UTC', (task) => {
    for (let wall = wallFrom; wall < wallTo; wall += 60_000) if (task.match(new Date(wall))) return true;
    return false;
  });
}

/** Asks a task that is never started. */
function withTask<Answer>(
  expression: string,
  timezone: string,
  ask: (task: ScheduledTask) => Answer,
): Answer {
  const task = createTask(expression, () => {}, { timezone });
  try {
    return ask(task);
  } finally {
    // This takes it out of node-cron's register.
    void task.destroy();
  }
}

function refusal(field: string, value: string | undefined, message: string): string {
  if (field === 'expression') return message;
  const label = field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return message.includes('impossible') ? `that ${label} never comes` : `${value ?? ''} is no ${label}`;
}

function trap(field: string, index: number): string | null {
  const bounds = FIELDS[index];
  if (bounds === undefined) return null;
  const { label, from, to } = bounds;
  const round = label === 'day of week' ? 7 : to - from + 1;
  for (const part of field.split(',')) {
    const [, start, end] = /^(\d+)-(\d+)/.exec(part) ?? [];
    if (start !== undefined && end !== undefined && Number(start) > Number(end)) {
      return `the range ${start}-${end} runs backwards; write ${start}-${to},${from}-${end}`;
    }
    const step = /\/(\d+)$/.exec(part)?.[1];
    if (step !== undefined && Number(step) > round) {
      return `a step of ${step} is longer than the ${round} values of the ${label} field`;
    }
  }
  return null;
}
