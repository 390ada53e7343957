import type { Hono } from 'hono';
import type { PageRequest, Rows, Store } from '../store/store.ts';
import type { WatcherStatus } from '../watcher/status.ts';
import { DELIVERY_STATUSES, JOB_STATES, QueryFault, readQuery } from './query.ts';
import { jobView, listedDeliveryView, transitionView, type View, watchView } from './views.ts';

export interface ApiDeps {
  status: () => WatcherStatus;
  store: Pick<Store, 'listObservations' | 'listEvents' | 'listDeliveries'>;
}

/** How much of a job's history comes with it. A job has six milestones at most; the rest is room for reminders. */
const HISTORY_LIMIT = 100;

/** The reads under `/api/v1`. Lists are `{ items, nextCursor }`, newest first. */
export function addApi(app: Hono, { store, status }: ApiDeps): void {
  app.get('/api/v1/jobs', async (c) => {
    const query = readQuery(c.req.url, ['watch', 'state']);
    const filter = { watch: query.text('watch'), state: query.oneOf('state', JOB_STATES) };
    return c.json(listing(await store.listObservations({ ...filter, ...query.page() }), jobView));
  });

  app.get('/api/v1/jobs/:id', async (c) => {
    const query = readQuery(c.req.url, ['watch']);
    const found = await readJob(store, c.req.param('id'), query.text('watch'));
    if (found !== null) return c.json(found);
    return c.json({ error: 'no such job on record', hint: 'see /api/v1/jobs for those that are' }, 404);
  });

  app.get('/api/v1/transitions', async (c) => {
    const query = readQuery(c.req.url, ['watch', 'job', 'since']);
    const filter = { watch: query.text('watch'), jobId: query.text('job'), since: query.instant('since') };
    return c.json(listing(await store.listEvents({ ...filter, ...query.page() }), transitionView));
  });

  app.get('/api/v1/deliveries', async (c) => {
    const query = readQuery(c.req.url, ['channel', 'status']);
    const filter = { channel: query.text('channel'), status: query.oneOf('status', DELIVERY_STATUSES) };
    return c.json(listing(await store.listDeliveries({ ...filter, ...query.page() }), listedDeliveryView));
  });

  app.get('/api/v1/watches', (c) => {
    const query = readQuery(c.req.url, ['watch']);
    const name = query.text('watch');
    const watches = status().watches.filter(({ watch }) => name === undefined || watch === name);
    return c.json(listing(slice(watches, query.page()), watchView));
  });
}

/** One job with its history, as the watch that saw it change last sees it; the other watches that follow it are named. */
async function readJob(
  store: ApiDeps['store'],
  jobId: string,
  watch: string | undefined,
): Promise<View | null> {
  const [sightings, history] = await Promise.all([
    store.listObservations({ jobId, watch, limit: HISTORY_LIMIT }),
    store.listEvents({ jobId, watch, limit: HISTORY_LIMIT }),
  ]);
  const [latest, ...others] = sightings.items.toSorted((a, b) => b.changedAt - a.changedAt);
  if (latest === undefined) return null;
  return {
    ...jobView(latest),
    alsoWatchedBy: others.map((other) => other.watch),
    transitions: history.items.filter(({ event }) => event.watch === latest.watch).map(transitionView),
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
