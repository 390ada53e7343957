import type { Clock } from '../../clock.ts';
import type { MutableWatch } from '../../domain/telling/mute-reach.ts';
import type { AuditReader } from '../../store/ports/audit.ts';
import type { AttestationStore } from '../../store/ports/evidence/attestations.ts';
import type { CoverageReader } from '../../store/ports/evidence/coverage.ts';
import type { JobReader } from '../../store/ports/jobs.ts';
import type { MuteStore } from '../../store/ports/mutes.ts';
import type { RecordStore } from '../../store/ports/records.ts';
import { attest } from '../attestations.ts';
import { readCoverage } from '../coverage.ts';
import { goneJob } from '../gone-job.ts';
import { addMute } from '../mutes.ts';
import { resolveDeliveryId, resolveJobId } from '../resolve-id.ts';
import { createExpectedEnds } from '../usual/expected-ends.ts';
import { givenUpOf } from './given-up.ts';
import type { Records, RedriveRequest } from './records.ts';

/** What people ask of a store that is opened for them. */
export type RecordsStore = RecordStore &
  MuteStore &
  CoverageReader &
  AttestationStore &
  Pick<JobReader, 'finishedDurations' | 'targetKeysOf'> &
  Pick<AuditReader, 'readAuditLines' | 'auditHead' | 'auditStart' | 'lastCheckpoint'>;

/**
 * The record in a store. Whoever opened the store closes it.
 * @param options.watches those that are configured, as far as they are known; `isWhole` says that these are all.
 */
export function createStoreRecords(
  store: RecordsStore,
  {
    clock,
    watches = [],
    isWhole = false,
  }: { clock: Clock; watches?: readonly MutableWatch[]; isWhole?: boolean },
): Omit<Records, 'close'> {
  const ends = createExpectedEnds({ store, clock });
  return {
    listJobs: async (filter) => {
      const { items, nextCursor } = await store.listObservations(filter);
      const endOf = await ends.of(items);
      const attested = await store.attestationsOf(items.map(({ jobId }) => jobId));
      return {
        items: items.map((observation) => ({
          observation,
          eta: endOf.get(observation) ?? null,
          attestations: attested.get(observation.jobId) ?? [],
        })),
        nextCursor,
      };
    },
    listEvents: (filter) => store.listEvents(filter),
    listDeliveries: (filter) => store.listDeliveries(filter),
    listMutes: (filter) => store.listMutes(filter),
    resolveJob: (text) => resolveJobId(store, text),
    goneJob: (text) => goneJob(store, text),
    readAudit: async (afterSeq, limit) => ({
      lines: await store.readAuditLines(afterSeq, limit),
      head: await store.auditHead(),
      start: await store.auditStart(),
    }),
    coverage: (request) => readCoverage(store, request, clock.now()),
    lastCheckpoint: () => store.lastCheckpoint(),
    redrive: async (request) => {
      const which = await wanted(store, request);
      const redriven = await store.redrive(which, clock.now());
      const refused = which === 'given_up' ? [] : which.filter((id) => !redriven.includes(id));
      return { redriven, refused, cutShort: null };
    },
    addMute: (asked) => addMute(store, asked, { now: clock.now(), watches, isWhole }),
    attest: (asked) => attest(store, asked, clock.now()),
    removeMute: (id, by) => store.removeMute(id, clock.now(), by),
  };
}

/** The deliveries by id, or the store's own word for all that was given up. */
async function wanted(store: RecordsStore, request: RedriveRequest): Promise<string[] | 'given_up'> {
  if (request.kind === 'given_up') {
    return request.channel === null ? 'given_up' : givenUpOf(store, request.channel);
  }
  const found = new Set<string>();
  for (const id of request.ids) found.add(await resolveDeliveryId(store, id));
  return [...found];
}
