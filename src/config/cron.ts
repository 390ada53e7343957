import { createTask, validateDetailed } from 'node-cron';
import type { Timestamp } from '../domain/instant.ts';

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
 * takes no other. Always ahead. As node-cron has it: a time that a change of the clocks leaves out does not come that day; of one that
 * comes twice, the second counts, and between the two the next day's.
 * @throws {Error} when it never comes, or there is no such zone.
 */
export function nextRun(expression: string, timeZone: string): Timestamp {
  const task = createTask(expression, () => {}, { timezone: timeZone });
  try {
    const [next] = task.getNextRuns(1);
    if (next === undefined) throw new Error(`no next run of ${expression}`);
    return next.getTime();
  } finally {
    // It was never started; this takes it out of node-cron's register.
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
