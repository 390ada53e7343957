import type { Observation } from '../../src/domain/job/observation.ts';
import { SourceError } from '../../src/errors.ts';
import type { JobAnswer, JobReading, JobSource } from '../../src/source/source.ts';
import { openEnvelope } from '../../src/source/wire/envelope.ts';
import { Comparer } from '../../src/watcher/poll/compare.ts';
import { decodeExample, idOf, NOW, rawJob } from '../source/kinds/examples.ts';
import { anObservation, aWatch } from '../support/builders.ts';
import type { OddAnswer } from './answers.ts';
import { claimsOf, deniesJob } from './claims.ts';

/**
 * Asks for what the answer is about, and compares it with what was known; says what is false about the outcome, in words. `asRead`: the
 * answer as it came over the wire.
 */
export async function judge(
  source: JobSource,
  answer: OddAnswer,
  signal: AbortSignal,
  asRead: () => OddAnswer = () => answer,
): Promise<string[]> {
  const { file, asked } = answer;
  const before = knownBefore(answer);
  const options = { signal, isUrgent: false };
  const target = { ...file.target, watch: aWatch().name };
  const comparer = new Comparer(
    {
      watch: aWatch(),
      lateAfterMs: 120_000,
      newSince: null,
      timePolicyFor: () => ({ stalled: null, expiringWithinMs: null }),
    },
    { baselineAt: NOW, followed: [before] },
  );
  const known = new Map([[before.jobId, before]]);
  try {
    if (asked === 'job') {
      const read = await source.readJob(target, before.jobId, options);
      if (read.kind === 'known') return ['nothing was read of an answer that nobody knew'];
      comparer.compareAnswer(before.jobId, read, before, { at: NOW, surelyAt: NOW });
      return falsehoodsOf(comparer, asRead(), read.kind === 'not_found' ? [] : [read], read);
    }
    const readings: JobReading[] = [];
    for await (const page of source.listJobs(target, options)) {
      const some = page.readings();
      readings.push(...some);
      comparer.comparePage(some, known, { at: NOW, surelyAt: NOW });
      if (readings.length > 10_000) return ['a list that does not end'];
    }
    return falsehoodsOf(comparer, asRead(), readings, null);
  } catch (thrown) {
    // Whatever was found before it failed is not written.
    return thrown instanceof SourceError ? [] : [`threw ${String(thrown)}`];
  }
}

/** The job as it was seen last: running, and once not found, so that one more such answer makes it missing. */
function knownBefore({ file, example }: OddAnswer): Observation {
  const job = { ...decodeExample(file.file, rawJob(example)), id: idOf(example) };
  const reached = job.reached.slice(0, 1);
  const running = { ...job, state: 'in_progress' as const, reached, finishedAt: null, expiresAt: null };
  return anObservation(running, { watch: aWatch().name, notFoundCount: 1 });
}

function falsehoodsOf(
  comparer: Comparer,
  answer: OddAnswer,
  readings: readonly JobReading[],
  read: JobAnswer | null,
): string[] {
  const { file, status } = answer;
  const body = parsed(answer);
  const raws = rawJobsIn(body);
  const found: string[] = [];
  if (readings.length > 0 && (status < 200 || status > 299))
    found.push(`a ${status} was taken for an answer`);
  if (readings.length > 0 && body === undefined) found.push('what is not JSON was taken for an answer');
  if (read?.kind === 'not_found' && !saysNoJob(answer, body)) found.push('taken for "there is no such job"');
  for (const { comparison } of comparer.findings().comparisons) {
    const id = comparison.observation?.jobId;
    const claims = raws.filter((raw) => raw.id === id || id === undefined || answer.asked === 'job');
    for (const { milestone } of comparison.transitions) {
      if (!claims.some((raw) => claimsOf(file.adapter.kind, raw).has(milestone)))
        found.push(`told ${milestone}`);
    }
    for (const { name } of comparison.standing) {
      if (name !== 'missing' || !saysNoJob(answer, body)) found.push(`told ${name}`);
    }
  }
  return found;
}

function saysNoJob({ status, headers }: OddAnswer, body: unknown): boolean {
  return deniesJob(status, body ?? {}) || (status === 404 && headers['x-error-code'] !== undefined);
}

function parsed({ body }: OddAnswer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

/** Wherever in an answer jobs may stand. */
function rawJobsIn(body: unknown): Array<Record<string, unknown>> {
  const inside = openedOrNot(body);
  const list = isRecord(inside) && Array.isArray(inside.results) ? inside.results : [];
  return [body, inside, ...list].filter(isRecord);
}

function openedOrNot(body: unknown): unknown {
  return isRecord(body) ? openEnvelope(body).body : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
