import type { Clock } from '../../clock.ts';
import { StoreError, toError } from '../../errors.ts';
import type { AuditReader } from '../../store/ports/audit.ts';
import type { PageFacts, RecordFacts } from '../../views/page/facts.ts';
import { type PageQuery, pageAddress } from '../../views/page/query.ts';
import {
  createPageRecord,
  type PageRecord,
  type PageStore,
  type RecordNow,
} from '../../views/page/record/read-record.ts';
import type { Viewer } from '../../views/page/viewer.ts';
import type { StatusReport } from '../../views/status/report.ts';
import { createExpectedEnds } from '../../views/usual/expected-ends.ts';
import { rememberingDurations } from '../../views/usual/remembered-durations.ts';
import type { WatcherStatus } from '../../watcher/status.ts';
import { type RenderedPage, renderSections } from './page.ts';

/** What pages are made from. */
export interface PageSourceDeps {
  version: string;
  status: () => WatcherStatus;
  /** What is wrong besides watches, channels and the store. */
  others: (status: WatcherStatus) => PageFacts['others'];
  /** @param status as it is now, where that is known. @throws {StoreError} */
  report: (status?: WatcherStatus) => Promise<StatusReport>;
  store: PageStore & Pick<AuditReader, 'auditHead'>;
  /** See `RecordReading`. */
  changesFound: () => number;
  clock: Clock;
  /** See `PageFacts`. A reload may change it. */
  rtos: () => PageFacts['rtos'];
  drills: () => PageFacts['drills'];
  runbookUrl: () => PageFacts['runbookUrl'];
}

/** The facts of a page, whoever looks at it. */
type SharedFacts = Omit<PageFacts, 'viewer'>;

/** What a page shows, and to whom. */
export interface PageView {
  query: PageQuery;
  viewer: Viewer;
}

/** Names a view. */
export function viewAddress({ query, viewer }: PageView): string {
  return `${viewer} ${pageAddress(query)}`;
}

/** Gathers the facts of pages and renders them, and remembers what was read and rendered as long as somebody looks. */
export interface PageSource {
  /** The page as it stands now. A store that cannot be read is one of its facts. @throws {Error} for faults of ours. */
  page(view: PageView, moment?: Moment): Promise<RenderedPage>;
  /** For pages that are told of together. */
  moment(): Moment;
}

/** Stands for all that is on record and that polls have found: while it is the same, only time has passed. `null`: nobody can say. */
export type News = string | null;

/** What is the same on every page at one moment, made once for all of them: with hundreds of watches it costs milliseconds. */
export interface Moment extends RecordNow {
  news(): Promise<News>;
  status(): WatcherStatus;
}

/** What nobody has looked at for so many milliseconds is forgotten: a daemon whose page is closed keeps nothing of it. */
const FORGOTTEN_AFTER_MS = 30_000;

/** So many views are remembered, those that were looked at last: each holds what was read for it, and anybody can ask for another one. */
const MOST_VIEWS = 40;

interface Viewed {
  record: PageRecord;
  last: RecordFacts | null;
  fault: PageFacts['storeFault'];
  inHand: Promise<SharedFacts> | null;
  /** What was rendered last for each kind of viewer. */
  rendered: Map<Viewer, RenderedPage>;
  usedAt: number;
}

/** Makes a source without a timer of its own while nobody looks. */
export function createPageSource(deps: PageSourceDeps): PageSource {
  const { clock } = deps;
  const viewed = new Map<string, Viewed>();
  // Made for each page anew, it costs milliseconds with hundreds of watches.
  let status: WatcherStatus | null = null;
  const remembering = () => {
    const store = rememberingDurations(deps.store, clock);
    return { store, ends: createExpectedEnds({ store, clock }) };
  };
  let usual = remembering();

  const forget = (): void => {
    for (const [address, { usedAt }] of viewed)
      if (clock.monotonic() - usedAt >= FORGOTTEN_AFTER_MS) viewed.delete(address);
    if (viewed.size > 0) setTimeout(forget, FORGOTTEN_AFTER_MS).unref();
    else {
      usual = remembering();
      status = null;
    }
  };
  const viewOf = (query: PageQuery): Viewed => {
    const address = pageAddress(query);
    const known = viewed.get(address);
    if (known !== undefined) {
      // Put anew: the map is in the order of the last look.
      viewed.delete(address);
      viewed.set(address, known);
      return known;
    }
    if (viewed.size === 0) setTimeout(forget, FORGOTTEN_AFTER_MS).unref();
    const watches = () =>
      (status ?? deps.status()).watches.filter(({ watch }) => query.watch === null || watch === query.watch);
    const record = createPageRecord(query, { ...deps, ...usual, watches });
    const view: Viewed = {
      record,
      last: null,
      fault: null,
      inHand: null,
      rendered: new Map(),
      usedAt: clock.monotonic(),
    };
    viewed.set(address, view);
    const [oldest] = viewed.keys();
    if (viewed.size > MOST_VIEWS && oldest !== undefined) viewed.delete(oldest);
    return view;
  };
  const read = async (view: Viewed, query: PageQuery, now: Moment): Promise<SharedFacts> => {
    const current = now.status();
    status = current;
    try {
      view.last = await view.record.read(now);
      view.fault = null;
    } catch (thrown) {
      const error = ofStore(thrown);
      view.fault = {
        ...{ message: error.message, hint: error.hint ?? null },
        since: view.fault?.since ?? clock.now(),
      };
    }
    const { last: record, fault: storeFault } = view;
    return {
      ...{ now: clock.now(), version: deps.version, query, record, storeFault },
      ...{ status: current, others: deps.others(current), runbookUrl: deps.runbookUrl() },
      ...{ rtos: deps.rtos(), drills: deps.drills() },
    };
  };
  const moment = (): Moment => momentOf(deps);
  return {
    moment,
    page: async ({ query, viewer }, now = moment()) => {
      const view = viewOf(query);
      view.usedAt = clock.monotonic();
      // Who asks while it is read gets the same.
      view.inHand ??= read(view, query, now).finally(() => {
        view.inHand = null;
      });
      const facts = { ...(await view.inHand), viewer };
      const rendered = { facts, sections: renderSections(facts, view.rendered.get(viewer)) };
      view.rendered.set(viewer, rendered);
      return rendered;
    },
  };
}

/** The moment at which it is asked: each of its facts is made once, when somebody wants it. */
function momentOf(deps: Pick<PageSourceDeps, 'status' | 'report' | 'store' | 'changesFound'>): Moment {
  let standing: WatcherStatus | null = null;
  let report: Promise<StatusReport> | null = null;
  let head: Promise<number> | null = null;
  const status = (): WatcherStatus => {
    standing ??= deps.status();
    return standing;
  };
  const entries = (): Promise<number> => {
    head ??= deps.store.auditHead().then(({ seq }) => seq);
    return head;
  };
  return {
    ...{ status, entries },
    news: async () => {
      const changes = deps.changesFound();
      const found = await entries().catch(ofStore);
      return found instanceof StoreError ? null : `${found}.${changes}`;
    },
    report: () => {
      report ??= deps.report(status());
      return report;
    },
  };
}

/** @throws whatever else it is. */
function ofStore(thrown: unknown): StoreError {
  const error = toError(thrown);
  if (!(error instanceof StoreError)) throw error;
  return error;
}
