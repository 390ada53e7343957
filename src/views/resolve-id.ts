import { type IdForm, isWholeJobId, parseDeliveryId, parseJobId, SHORTEST_HEAD } from '../domain/id-form.ts';
import type { Observation } from '../domain/job/observation.ts';
import { WatcherError } from '../errors.ts';
import type { FoundIds, RecordReader } from '../store/ports/records.ts';
import { Unfit } from './unfit.ts';

/** One of several that may be meant. */
export interface IdCandidate {
  id: string;
  /** What else helps to tell it from the others, for people. */
  about: string;
}

/** What was given may be the id of several; nothing was done. */
export class AmbiguousId extends WatcherError {
  readonly candidates: readonly IdCandidate[];

  constructor(message: string, candidates: readonly IdCandidate[]) {
    super('ambiguous_id', message, { hint: 'Give more of its beginning, or all of it.' });
    this.candidates = candidates;
  }

  /** `what` they are, in the plural; of `candidates` there may be more. */
  static of(what: string, text: string, candidates: readonly IdCandidate[], hasMore = false): AmbiguousId {
    const many = hasMore ? `more than ${candidates.length}` : String(candidates.length);
    return new AmbiguousId(`${text} may be one of ${many} ${what}`, candidates);
  }
}

/** What was given cannot be an id. */
export class UnfitId extends Unfit {
  constructor(what: string, text: string) {
    super('unfit_id', `${text} is not the id of a ${what}`, {
      hint: `An id is understood whole, by its beginning (${SHORTEST_HEAD} characters or more), or as messages show it: 6080…8293 or 6080...8293.`,
    });
  }
}

/** What resolving asks of whoever knows the records. */
export type IdFinder = Pick<RecordReader, 'findJobIds' | 'findDeliveryIds' | 'listObservations'>;

const MOST_CANDIDATES = 10;

/** A job that somebody means. */
export interface MeantJob {
  /** As it was given, where it is not on record. */
  id: string;
  isKnown: boolean;
  /** It was given whole, as far as can be seen. */
  isWhole: boolean;
}

/**
 * Finds the job that somebody means, by its id in any form that `parseJobId` reads. One that is not on record comes back as it was
 * given: whoever looks it up then says so.
 * @throws {AmbiguousId} with those that may be meant; UnfitId.
 */
export async function resolveJobId(records: IdFinder, text: string): Promise<string> {
  return (await findJobId(records, text, 'one')).id;
}

/**
 * The same, and whether it is on record. With `any`, several will do.
 * @throws {AmbiguousId} with those that may be meant; UnfitId.
 */
export async function findJobId(records: IdFinder, text: string, wanted: 'one' | 'any'): Promise<MeantJob> {
  const form = parseJobId(text);
  if (form === null) throw new UnfitId('restore job', text);
  const found = await records.findJobIds(form, MOST_CANDIDATES + 1);
  const [only, ...others] = found.ids;
  if (only === undefined) {
    return { id: notFound(form, text, found, 'jobs'), isKnown: false, isWhole: isWholeJobId(form) };
  }
  const known = (id: string): MeantJob => ({ id, isKnown: true, isWhole: true });
  if (wanted === 'any') return known(only);
  const hasAll = found.isComplete && found.ids.length <= MOST_CANDIDATES;
  if (others.length === 0 && hasAll) return known(only);
  const seen = await Promise.all(
    found.ids.slice(0, MOST_CANDIDATES).map((id) => observationsOf(records, id)),
  );
  const ofWatch = seen.filter(({ by }) => by.some(({ watch }) => watch === form.watch));
  const [meant, second] = ofWatch;
  // Of those that were not looked at, another may be of the same watch.
  if (meant !== undefined && second === undefined && hasAll) return known(meant.id);
  const candidates = (ofWatch.length > 0 ? ofWatch : seen).map(({ id, by }) => ({ id, about: aboutJob(by) }));
  throw AmbiguousId.of('jobs', text, candidates, !hasAll);
}

/**
 * The same for a delivery.
 * @throws {AmbiguousId} with those that may be meant; UnfitId.
 */
export async function resolveDeliveryId(records: IdFinder, text: string): Promise<string> {
  const form = parseDeliveryId(text);
  if (form === null) throw new UnfitId('delivery', text);
  const found = await records.findDeliveryIds(form, MOST_CANDIDATES + 1);
  const [only, ...others] = found.ids;
  if (only === undefined) return notFound(form, text, found, 'deliveries');
  const hasAll = found.isComplete && found.ids.length <= MOST_CANDIDATES;
  if (others.length === 0 && hasAll) return only;
  const candidates = found.ids.slice(0, MOST_CANDIDATES).map((id) => ({ id, about: '' }));
  throw AmbiguousId.of('deliveries', text, candidates, !hasAll);
}

function notFound({ head, tail }: IdForm, text: string, { isComplete }: FoundIds, what: string): string {
  if (!isComplete) throw new AmbiguousId(`${text} may be one of very many ${what}`, []);
  return tail === '' ? head : `${head}…${tail}`;
}

async function observationsOf(
  records: IdFinder,
  id: string,
): Promise<{ id: string; by: readonly Observation[] }> {
  const { items } = await records.listObservations({ jobId: id, limit: MOST_CANDIDATES });
  return { id, by: items };
}

function aboutJob(by: readonly Observation[]): string {
  const [first] = by;
  if (first === undefined) return 'told of, never seen';
  const { job, state } = first;
  const target = job?.targetClusterName ?? null;
  const route = job === null ? '' : ` ${job.instanceName}${target === null ? '' : ` → ${target}`}`;
  return `watch ${by.map(({ watch }) => watch).join(', ')}:${route} ${state}`;
}
