import type { AuditDraft, AuditEntry } from '../../src/domain/audit.ts';
import { auditLine, GENESIS } from '../../src/domain/audit.ts';
import type { WatcherEvent } from '../../src/domain/event/event.ts';
import { jobOf, watchOf } from '../../src/domain/event/subject.ts';
import type { Attestation } from '../../src/domain/evidence/attestation.ts';
import { fitsId, type IdForm } from '../../src/domain/id-form.ts';
import type { FinishedDuration } from '../../src/domain/job/eta.ts';
import type { Observation, PrunedJob } from '../../src/domain/job/observation.ts';
import { isInForce, isOver, type Mute } from '../../src/domain/telling/mute.ts';
import type { RecordedCoverage } from '../../src/store/ports/evidence/coverage.ts';
import type { VerifiedLog } from '../../src/store/ports/evidence/verified.ts';
import type { Delivery } from '../../src/store/ports/outbox.ts';
import type {
  FoundIds,
  LastFinish,
  ListedDelivery,
  PageRequest,
  RecordedEvent,
  Rows,
} from '../../src/store/ports/records.ts';
import type { Store } from '../../src/store/store.ts';
import { chainEntries } from './audit-chain.ts';
import { anEvent } from './builders.ts';

/** What a store holds, given as it is; what is written through the store is added. */
export interface StoreContent {
  /** What deliveries wait for besides their own schedule, by id. */
  waits?: ReadonlyMap<string, Partial<Pick<ListedDelivery, 'quietUntil' | 'behindUntil'>>>;
  observations?: Observation[];
  events?: RecordedEvent[];
  audit?: AuditEntry[];
  mutes?: Mute[];
  attestations?: Attestation[];
  /** How long finished jobs took, of whatever target. */
  durations?: FinishedDuration[];
  lastFinishes?: LastFinish[];
  /** Jobs that were pruned. */
  pruned?: PrunedJob[];
  /** What is raised, by key. */
  alerts?: ReadonlyMap<string, number>;
  lastSuccesses?: ReadonlyMap<string, number>;
  coverage?: RecordedCoverage;
  verified?: VerifiedLog | null;
}

export type ReadingStore = Store & {
  content: Required<StoreContent>;
  /** Set to make every read fail. */
  fault: Error | null;
  isClosed: boolean;
};

/** A store of which only what people and scripts ask is there; the daemon's part refuses. */
export function readingStore(content: StoreContent = {}): ReadingStore {
  const rows = {
    observations: [],
    events: [],
    audit: [],
    mutes: [],
    attestations: [],
    durations: [],
    lastFinishes: [],
    pruned: [],
    alerts: new Map(),
    lastSuccesses: new Map(),
    coverage: { spans: [], writers: [] },
    waits: new Map(),
    verified: null,
    ...content,
  };
  const deliveries = () =>
    rows.events.flatMap(({ event, deliveries }) =>
      deliveries.map((delivery) => ({
        ...delivery,
        event,
        quietUntil: null,
        behindUntil: null,
        ...content.waits?.get(delivery.id),
      })),
    );
  const running = () =>
    rows.observations
      .filter((row) => row.state === 'in_progress' && row.missingSince === null)
      .toSorted((a, b) => (a.job?.createdAt ?? 0) - (b.job?.createdAt ?? 0));
  const store: ReadingStore = {
    content: rows,
    fault: null,
    isClosed: false,
    join: () => refuse(),
    under: () => store,
    listen: () => async () => {},
    readTarget: () => refuse(),
    followedTargets: () => refuse(),
    alertEvent: () => refuse(),
    useLogin: () => refuse(),
    hasEvent: () => refuse(),
    readObservations: async (watch, ids) =>
      new Map(
        rows.observations
          .filter((row) => row.watch === watch && ids.includes(row.jobId))
          .map((row) => [row.jobId, row]),
      ),
    commitPoll: () => refuse(),
    claimDeliveries: () => refuse(),
    renewLeases: () => refuse(),
    recordOutcomes: () => refuse(),
    oweFallbacks: () => refuse(),
    failingChannels: () => refuse(),
    givenUpSince: () => refuse(),
    lastAcceptedAt: async (channel) =>
      deliveries().reduce<number | null>(
        (last, row) =>
          row.channel === channel && row.endedAt !== null ? Math.max(last ?? 0, row.endedAt) : last,
        null,
      ),
    remind: () => refuse(),
    nextDueAt: async (channel, { owedAt = Number.POSITIVE_INFINITY } = {}) => {
      const due = deliveries().filter(
        (row) => row.channel === channel && row.status === 'pending' && (row.heldUntil ?? 0) <= owedAt,
      );
      return due.length === 0 ? null : Math.min(...due.map(({ nextAttemptAt }) => nextAttemptAt));
    },
    checkWritable: () => refuse(),
    noteMirrored: () => refuse(),
    mirroredSeq: () => refuse(),
    auditStart: async () => null,
    witnessView: () => refuse(),
    witnessed: () => refuse(),
    noteCosigned: () => refuse(),
    noteWitnessed: () => refuse(),
    cutAudit: () => refuse(),
    deleteCut: () => refuse(),
    auditTree: () => refuse(),
    lastCheckpoint: async () => ({ key: null, last: null }),
    recordCheckpoint: () => refuse(),
    lastVerified: async () => rows.verified,
    noteVerified: () => refuse(),
    finishedDurations: async () => {
      if (store.fault) throw store.fault;
      return rows.durations;
    },
    commitAlerts: () => refuse(),
    readAlerts: async () => {
      if (store.fault) throw store.fault;
      return new Map(rows.alerts);
    },
    findPruned: async (form) => {
      if (store.fault) throw store.fault;
      return rows.pruned.filter(({ jobId }) => fitsId(form, jobId));
    },
    targetKeysOf: async (watch, ids) => new Map(ids.map((id) => [id, `${watch}/cluster/g/orders`])),
    targetsWithBaseline: () => refuse(),
    readElsewhere: () => refuse(),
    lastLookAt: () => refuse(),
    lastLooksAt: () => refuse(),
    noteLook: () => refuse(),
    noteLooks: () => refuse(),
    noteSuccesses: () => refuse(),
    drillMarks: () => refuse(),
    drillPlaces: async () => new Map(),
    forgetDrills: () => refuse(),
    readFeedTrust: () => refuse(),
    noteFeedTrust: () => refuse(),
    noteCoverage: () => refuse(),
    pruneCoverage: () => refuse(),
    readCoverage: async () => {
      if (store.fault) throw store.fault;
      return rows.coverage;
    },
    lastFinishedAt: () => refuse(),
    watchedSince: () => refuse(),
    lastWrittenAt: async () => (rows.audit.length === 0 ? null : Date.parse(rows.audit.at(-1)?.at ?? '')),
    moveSpans: () => refuse(),
    prune: () => refuse(),
    notePruned: () => refuse(),
    oldestEventAt: async () =>
      rows.events.reduce<number | null>(
        (oldest, { event }) => Math.min(oldest ?? event.detectedAt, event.detectedAt),
        null,
      ),
    recordAudit: async (drafts: readonly AuditDraft[]) => {
      rows.audit.push(...chainEntries(rows.audit.at(-1) ?? GENESIS, drafts));
    },
    listObservations: async ({ watch, jobId, state, ...page }) =>
      paged(
        rows.observations.filter(
          (row) =>
            (watch === undefined || row.watch === watch) &&
            (jobId === undefined || row.jobId === jobId) &&
            (state === undefined || row.state === state),
        ),
        page,
        store.fault,
      ),
    listEvents: async ({ watch, jobId, since, until, onlyHappened, ...page }) =>
      paged(
        rows.events.filter(
          ({ event }) =>
            (watch === undefined || watchOf(event) === watch) &&
            (jobId === undefined || jobOf(event)?.id === jobId) &&
            (onlyHappened !== true || !(event.test || event.reminder)) &&
            (since === undefined || event.detectedAt >= since) &&
            (until === undefined || event.detectedAt < until),
        ),
        page,
        store.fault,
      ),
    eventsAfter: async (place, limit) => {
      if (store.fault) throw store.fault;
      const placed = rows.events.map(({ event }, index) => ({ place: rows.events.length - index, event }));
      return placed
        .filter((one) => one.place > place)
        .toReversed()
        .slice(0, limit);
    },
    placeOfEvent: async (id) => {
      const index = rows.events.findIndex(({ event }) => event.id === id);
      return index === -1 ? null : rows.events.length - index;
    },
    lastPlace: async () => rows.events.length,
    listDeliveries: async ({ channel, status, ...page }) =>
      paged(
        deliveries().filter(
          (row) =>
            (channel === undefined || row.channel === channel) &&
            (status === undefined || row.status === status),
        ),
        page,
        store.fault,
      ),
    findJobIds: async (form, limit) => {
      const known = [
        ...rows.observations.map(({ jobId }) => jobId),
        ...rows.events.flatMap(({ event }) => jobOf(event)?.id ?? []),
      ];
      return found(known, form, limit, store.fault);
    },
    findDeliveryIds: async (form, limit) =>
      found(
        deliveries().map(({ id }) => id),
        form,
        limit,
        store.fault,
      ),
    redrive: async (which) => {
      const redriven: string[] = [];
      for (const row of rows.events.flatMap((recorded) => recorded.deliveries)) {
        if (row.status !== 'given_up' || !(which === 'given_up' || which.includes(row.id))) continue;
        row.status = 'pending';
        redriven.push(row.id);
      }
      return redriven;
    },
    addMute: async (request) => {
      const mute = { ...request, id: rows.mutes.length + 1, removed: null };
      rows.mutes.push(mute);
      return mute;
    },
    removeMute: async (id, at, by) => {
      const mute = rows.mutes.find((each) => each.id === id && !isOver(each, at));
      return mute ? Object.assign(mute, { removed: { at, by } }) : null;
    },
    attest: async (request) => {
      const attestation = { ...request, id: rows.attestations.length + 1 };
      rows.attestations.push(attestation);
      return attestation;
    },
    attestationsOf: async (jobIds) =>
      Map.groupBy(
        rows.attestations.filter(({ jobId }) => jobIds.includes(jobId)),
        ({ jobId }) => jobId,
      ),
    listMutes: async ({ inForceAt, openAt }) => {
      if (store.fault) throw store.fault;
      return rows.mutes
        .filter((mute) => inForceAt === undefined || isInForce(mute, inForceAt))
        .filter((mute) => openAt === undefined || !isOver(mute, openAt))
        .toReversed();
    },
    oldestRunning: async (watches, limit) => {
      if (store.fault) throw store.fault;
      return running()
        .filter(({ watch }) => watches.includes(watch))
        .slice(0, limit);
    },
    lastFinishes: async (watches, limit) => {
      if (store.fault) throw store.fault;
      return rows.lastFinishes.filter(({ watch }) => watches.includes(watch)).slice(0, limit);
    },
    lastSuccesses: async () => {
      if (store.fault) throw store.fault;
      return new Map(rows.lastSuccesses);
    },
    owedSince: async (channels) => {
      if (store.fault) throw store.fault;
      const owed = deliveries().filter(
        ({ channel, status }) => status === 'pending' && channels.includes(channel),
      );
      const since = ({ heldUntil, createdAt }: (typeof owed)[number]) => heldUntil ?? createdAt;
      // The oldest last, so that it stays.
      return new Map(owed.toSorted((a, b) => since(b) - since(a)).map((each) => [each.channel, since(each)]));
    },
    runningSince: async () => {
      if (store.fault) throw store.fault;
      // The oldest last, so that it stays.
      return new Map(running().toReversed().map(({ watch, job }) => [watch, job?.createdAt ?? 0])); // biome-ignore format: one map
    },
    countJobs: async () => {
      if (store.fault) throw store.fault;
      return [...Map.groupBy(rows.observations, ({ watch, state }) => `${watch}\n${state}`).values()].map(
        (group) => ({ watch: group[0]!.watch, state: group[0]!.state, count: group.length }),
      );
    },
    countDeliveries: async () => {
      if (store.fault) throw store.fault;
      return [...Map.groupBy(deliveries(), ({ channel, status }) => `${channel}\n${status}`).values()].map(
        (group) => ({ channel: group[0]!.channel, status: group[0]!.status, count: group.length, held: 0 }),
      );
    },
    readAudit: async (afterSeq, limit) => rows.audit.filter(({ seq }) => seq > afterSeq).slice(0, limit),
    readAuditLines: async (afterSeq, limit) =>
      rows.audit
        .filter(({ seq }) => seq > afterSeq)
        .slice(0, limit)
        .map((entry) => ({ seq: entry.seq, body: auditLine(entry) })),
    readAuditText: async (afterSeq, limit) => {
      const page = rows.audit.filter(({ seq }) => seq > afterSeq).slice(0, limit);
      const [first, last] = [page[0]?.seq, page.at(-1)?.seq];
      return first === undefined || last === undefined
        ? null
        : { first, last, count: page.length, text: page.map(auditLine).join('\n') };
    },
    auditHead: async () => rows.audit.at(-1) ?? GENESIS,
    close: async () => {
      store.isClosed = true;
    },
  };
  return store;
}

/** An event on record, with one delivery per entry of `deliveries`. */
export function recorded(
  event: WatcherEvent = anEvent(),
  deliveries: Array<Partial<Delivery> & { channel: string }> = [],
  suppressed: RecordedEvent['suppressed'] = null,
  mute: RecordedEvent['mute'] = null,
): RecordedEvent {
  return { event, suppressed, mute, deliveries: deliveries.map((over) => aDelivery(event, over)) };
}

function aDelivery(event: WatcherEvent, over: Partial<Delivery> & { channel: string }): Delivery {
  const accepted = event.detectedAt + 1_000;
  return {
    id: `${event.id}:${over.channel}`,
    eventId: event.id,
    orderKey: jobOf(event)?.id ?? watchOf(event) ?? '',
    status: 'delivered',
    createdAt: event.detectedAt,
    nextAttemptAt: event.detectedAt,
    attemptsStarted: 1,
    attemptsFinished: 1,
    firstAttemptAt: accepted,
    lastAttemptAt: accepted,
    endedAt: over.status === undefined || over.status === 'delivered' ? accepted : null,
    lastDetail: 'HTTP 200',
    insteadOf: null,
    heldUntil: null,
    recipient: null,
    ...over,
  };
}

function paged<T>(all: readonly T[], { limit, cursor = '0' }: PageRequest, fault: Error | null): Rows<T> {
  if (fault) throw fault;
  const end = Number(cursor) + limit;
  return { items: all.slice(Number(cursor), end), nextCursor: end < all.length ? String(end) : null };
}

function found(all: readonly string[], form: IdForm, limit: number, fault: Error | null): FoundIds {
  if (fault) throw fault;
  const fitting = [...new Set(all)]
    .filter((id) => fitsId(form, id))
    .toSorted()
    .toReversed();
  const exact = fitting.filter((id) => id === form.head && form.tail === '');
  return { ids: (exact.length > 0 ? exact : fitting).slice(0, limit), isComplete: true };
}

function refuse(): never {
  throw new Error('not for readers');
}
