import type { Hono } from 'hono';
import type { Clock } from '../clock.ts';
import { watchOf } from '../domain/event/subject.ts';
import { stubLine } from '../domain/evidence/audit-stub.ts';
import type { TellingConfig } from '../domain/explain/why.ts';
import { toIso } from '../domain/instant.ts';
import { JOB_STATES } from '../domain/job/restore-job.ts';
import type { AuditReader } from '../store/ports/audit.ts';
import type { AttestationReader } from '../store/ports/evidence/attestations.ts';
import type { CoverageReader } from '../store/ports/evidence/coverage.ts';
import type { VerifiedReader } from '../store/ports/evidence/verified.ts';
import type { JobReader } from '../store/ports/jobs.ts';
import type { MuteReader } from '../store/ports/mutes.ts';
import { DELIVERY_STATUSES } from '../store/ports/outbox.ts';
import type { PageRequest, RecordReader, Rows } from '../store/ports/records.ts';
import { coverageView, readCoverage, USUAL_COVERAGE_MS } from '../views/coverage.ts';
import { goneJob } from '../views/gone-job.ts';
import { muteView } from '../views/mutes.ts';
import { replicaViews } from '../views/replicas.ts';
import { resolveJobId } from '../views/resolve-id.ts';
import type { StatusReport } from '../views/status/report.ts';
import { createExpectedEnds, type ExpectedEnds } from '../views/usual/expected-ends.ts';
import { jobView, listedDeliveryView, transitionView, type View, watchView } from '../views/views.ts';
import type { WatcherStatus } from '../watcher/status.ts';
import { readInPortions } from './portions.ts';
import { QueryFault, readPagedQuery, readQuery } from './query.ts';

/** What the JSON reads ask. */
export interface ApiDeps {
  status: () => WatcherStatus;
  /** How all of it stands. @throws {StoreError} */
  report: (status?: WatcherStatus) => Promise<StatusReport>;
  /** Who is told of what, by the configuration in force. */
  telling: () => TellingConfig;
  store: JobReader &
    RecordReader &
    MuteReader &
    CoverageReader &
    AttestationReader &
    VerifiedReader &
    Pick<AuditReader, 'readAuditLines' | 'auditHead' | 'auditStart' | 'lastCheckpoint'>;
  clock: Clock;
}

/** How much of a job's history comes with it. A job has six milestones at most; the rest is room for what else is told of it. */
const HISTORY_LIMIT = 100;

/** The reads under `/api/v1`. Lists are `{ items, nextCursor }`, newest first. */
export function addApi(app: Hono, deps: ApiDeps): void {
  const { store, clock } = deps;
  const ends = createExpectedEnds({ store, clock });

  app.get('/api/v1/status', async (c) => {
    readQuery(c.req.url, []);
    return c.json(await deps.report());
  });

  app.get('/api/v1/jobs', async (c) => {
    const query = readPagedQuery(c.req.url, ['watch', 'state', 'job']);
    const filter = {
      watch: query.text('watch'),
      state: query.oneOf('state', JOB_STATES),
      jobId: await jobIdIn(store, query.text('job')),
    };
    const jobs = await readInPortions(query.page(), (page) => store.listObservations({ ...filter, ...page }));
    const endOf = await ends.of(jobs.items);
    const attested = await store.attestationsOf(jobs.items.map(({ jobId }) => jobId));
    return c.json(
      listing(jobs, (job) => jobView(job, endOf.get(job) ?? null, attested.get(job.jobId) ?? [])),
    );
  });

  app.get('/api/v1/jobs/:id', async (c) => {
    const query = readQuery(c.req.url, ['watch']);
    const jobId = await resolveJobId(store, c.req.param('id'));
    const found = await readJob(store, ends, jobId, query.text('watch'));
    if (found !== null) return c.json(found);
    const gone = await goneJob(store, jobId);
    if (gone !== null) throw gone;
    return c.json({ error: 'no such job on record', hint: 'see /api/v1/jobs for those that are' }, 404);
  });

  app.get('/api/v1/transitions', async (c) => {
    const query = readPagedQuery(c.req.url, ['watch', 'job', 'since', 'until', 'target', 'all']);
    const filter = {
      watch: query.text('watch'),
      jobId: await jobIdIn(store, query.text('job')),
      since: query.instant('since'),
      until: query.instant('until'),
      target: query.text('target'),
      onlyHappened: query.oneOf('all', YES_OR_NO) !== 'true',
    };
    const events = await readInPortions(query.page(), (page) => store.listEvents({ ...filter, ...page }));
    return c.json(listing(events, transitionView));
  });

  app.get('/api/v1/deliveries', async (c) => {
    const query = readPagedQuery(c.req.url, ['channel', 'status']);
    const filter = { channel: query.text('channel'), status: query.oneOf('status', DELIVERY_STATUSES) };
    const deliveries = await readInPortions(query.page(), (page) =>
      store.listDeliveries({ ...filter, ...page }),
    );
    return c.json(listing(deliveries, listedDeliveryView));
  });

  app.get('/api/v1/mutes', async (c) => {
    const query = readQuery(c.req.url, ['all']);
    const now = clock.now();
    const isAll = query.oneOf('all', YES_OR_NO) === 'true';
    const mutes = await store.listMutes({ openAt: isAll ? undefined : now });
    return c.json(listing({ items: mutes, nextCursor: null }, (mute) => muteView(mute, now)));
  });

  app.get('/api/v1/audit', async (c) => {
    const query = readQuery(c.req.url, ['after', 'limit']);
    const after = query.whole('after') ?? 0;
    const lines = await store.readAuditLines(after, query.limit());
    const { seq, hash } = await store.auditHead();
    const stub = await store.auditStart();
    return c.json({
      items: lines.map(({ seq, body }) => ({ seq, line: body })),
      head: { seq, hash },
      start: stub === null ? null : stubLine(stub),
    });
  });

  addCoverage(app, { store, clock });

  app.get('/api/v1/checkpoint', async (c) => {
    readQuery(c.req.url, []);
    const { key, last } = await store.lastCheckpoint();
    const verified = await store.lastVerified();
    return c.json({ key, checkpoint: last, verified: verified && { ...verified, at: toIso(verified.at) } });
  });

  addConfigured(app, deps);
}

/** What is configured, and who does it: none of it stands in the store. */
function addConfigured(app: Hono, { status, telling }: Pick<ApiDeps, 'status' | 'telling'>): void {
  app.get('/api/v1/replicas', (c) => {
    const query = readPagedQuery(c.req.url, []);
    return c.json(
      listing(slice(replicaViews(status().replicas), query.page()), (replica) => ({ ...replica })),
    );
  });

  app.get('/api/v1/routes', (c) => {
    readQuery(c.req.url, []);
    const { routes, channels, fallbacks } = telling();
    return c.json({ routes, channels, fallbacks });
  });

  app.get('/api/v1/watches', (c) => {
    const query = readPagedQuery(c.req.url, ['watch']);
    const name = query.text('watch');
    const watches = status().watches.filter(({ watch }) => name === undefined || watch === name);
    return c.json(listing(slice(watches, query.page()), watchView));
  });
}

function addCoverage(app: Hono, { store, clock }: Pick<ApiDeps, 'store' | 'clock'>): void {
  app.get('/api/v1/coverage', async (c) => {
    const query = readQuery(c.req.url, ['watch', 'since', 'until']);
    const now = clock.now();
    const until = query.instant('until') ?? now;
    const since = query.instant('since') ?? until - USUAL_COVERAGE_MS;
    if (since >= until) throw new QueryFault('since must lie before until', 'until is now, unless given');
    const places = await readCoverage(store, { watch: query.text('watch'), since, until }, now);
    return c.json(coverageView(places, { since, until }));
  });
}

const YES_OR_NO = ['true', 'false'] as const;

function jobIdIn(store: ApiDeps['store'], given: string | undefined): Promise<string> | undefined {
  return given === undefined ? undefined : resolveJobId(store, given);
}

/** One job with its history, as the watch that saw it change last sees it; the other watches that follow it are named. */
async function readJob(
  store: ApiDeps['store'],
  ends: ExpectedEnds,
  jobId: string,
  watch: string | undefined,
): Promise<View | null> {
  const [observations, history] = await Promise.all([
    store.listObservations({ jobId, watch, limit: HISTORY_LIMIT }),
    store.listEvents({ jobId, watch, onlyHappened: true, limit: HISTORY_LIMIT }),
  ]);
  const [latest, ...others] = observations.items.toSorted((a, b) => b.changedAt - a.changedAt);
  if (latest === undefined) return null;
  const endOf = await ends.of([latest]);
  const attested = await store.attestationsOf([jobId]);
  return {
    ...jobView(latest, endOf.get(latest) ?? null, attested.get(jobId) ?? []),
    alsoWatchedBy: others.map((other) => other.watch),
    transitions: history.items.filter(({ event }) => watchOf(event) === latest.watch).map(transitionView),
  };
}

function listing<T>(rows: Rows<T>, view: (item: T) => View): View {
  return { items: rows.items.map(view), nextCursor: rows.nextCursor };
}

/** A page of what is in memory anyway; the cursor is the position. */
function slice<T>(all: readonly T[], { limit, cursor = '0' }: PageRequest): Rows<T> {
  if (!/^\d{1,9}$/.test(cursor))
    throw new QueryFault('cursor is not one of ours', 'give back nextCursor as it came');
  const end = Number(cursor) + limit;
  return { items: all.slice(Number(cursor), end), nextCursor: end < all.length ? String(end) : null };
}
