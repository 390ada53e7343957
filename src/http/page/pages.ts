import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import type { MutableWatch } from '../../domain/telling/mute-reach.ts';
import { toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Signals } from '../../signals.ts';
import type { AuditRecorder } from '../../store/ports/audit.ts';
import { goneJob } from '../../views/gone-job.ts';
import { type JobFactsStore, readJobFacts } from '../../views/page/job/job-facts.ts';
import { parsePageQuery } from '../../views/page/query.ts';
import type { Viewer } from '../../views/page/viewer.ts';
import { createStoreRecords, type RecordsStore } from '../../views/records/store-records.ts';
import type { PollNow } from '../../watcher/status.ts';
import { createLiveHub } from '../live/hub.ts';
import { endWithSession, openStream } from '../live/stream.ts';
import { createActions } from './actions/actions.ts';
import { saidIn } from './actions/said.ts';
import { readAssets } from './assets.ts';
import { htmlAnswer } from './html-answer.ts';
import { renderJobPage } from './job/job-page.ts';
import { answerOverview } from './overview.ts';
import { createPageSource, type PageSourceDeps } from './page-source.ts';
import {
  mayNotAct,
  NO_SUCH_ACTION,
  notOnRecord,
  pruned,
  type Refused,
  refusalWords,
  renderRefusal,
} from './refused.ts';

/** What answers browsers. */
export interface PagesDeps extends Omit<PageSourceDeps, 'changesFound'> {
  store: PageSourceDeps['store'] & JobFactsStore & RecordsStore & AuditRecorder;
  pollSoon: (watch: string) => PollNow | null;
  mutableWatches: () => readonly MutableWatch[];
  signals: Pick<Signals, 'on' | 'emit'>;
  /** Aborts when the server stops: every stream ends then. */
  closing: AbortSignal;
  faultLog: FaultLog;
  /** `null`: nobody who may look, or may do so still. */
  viewer: (c: Context) => Viewer | null;
}

/** The answers to browsers. */
export interface Pages {
  /** `GET /` */
  overview(c: Context): Response;
  /** `GET /jobs/{id}` */
  job(c: Context, id: string): Promise<Response>;
  /** `GET /actions/{name}` */
  form(c: Context, name: string): Promise<Response>;
  /** `POST /actions/{name}` */
  act(c: Context, name: string): Promise<Response>;
  /** `GET /live`: the sections of the page as they change. */
  live(c: Context): Response;
}

/** Makes what answers browsers. */
export function createPages(deps: PagesDeps): Pages {
  const { signals, closing, faultLog } = deps;
  let changes = 0;
  signals.on('poll:finished', (poll) => {
    changes += poll.changes;
  });
  const source = createPageSource({ ...deps, changesFound: () => changes });
  const assets = readAssets();
  const hub = createLiveHub({
    pages: source,
    clock: deps.clock,
    onChange: (listener) => {
      const stops = (['event:recorded', 'delivery:recorded', 'audit:written'] as const).map((name) =>
        signals.on(name, listener),
      );
      return () => {
        for (const stop of stops) stop();
      };
    },
    onWatched: (isWatched) => signals.emit('pages:watched', { isWatched }),
    onOutcome: (error) => {
      if (error === null) faultLog.clear('telling pages', 'Open pages are told again');
      else faultLog.report('telling pages', 'Open pages could not be told', { err: toError(error) }, 'error');
    },
  });
  const viewerAt = (c: Context): Viewer => deps.viewer(c) ?? 'anybody';
  const actions = createActions({
    records: () =>
      createStoreRecords(deps.store, { clock: deps.clock, watches: deps.mutableWatches(), isWhole: true }),
    record: (data) => deps.store.recordAudit([{ at: deps.clock.now(), kind: 'action.asked', data }]),
    pollSoon: deps.pollSoon,
    watches: () => deps.status().watches,
    now: () => deps.clock.now(),
  });
  const refused = (c: Context, words: Refused): Promise<Response> =>
    htmlAnswer(c, renderRefusal(words, assets.paths), words.status);
  closing.addEventListener('abort', () => hub.close(), { once: true });

  return {
    overview: (c) => answerOverview(c, { source, assets, faultLog, viewer: viewerAt(c) }),
    job: async (c, id) => {
      try {
        const facts = await readJobFacts(deps.store, deps.clock, id);
        if (facts !== null)
          return htmlAnswer(
            c,
            renderJobPage(facts, assets.paths, {
              version: deps.version,
              viewer: viewerAt(c),
              said: saidIn(c),
              rtoMs: deps.rtos().get(facts.observation.watch) ?? null,
              watches: deps.status().watches,
            }),
          );
        const gone = await goneJob(deps.store, id);
        if (gone !== null) return refused(c, pruned(gone));
      } catch (thrown) {
        const words = refusalWords(toError(thrown));
        if (words === null) throw thrown;
        return refused(c, words);
      }
      return refused(c, notOnRecord(id));
    },
    form: async (c, name) => {
      if (viewerAt(c) !== 'actor') return refused(c, mayNotAct(viewerAt(c)));
      return actions.show(c, name) ?? refused(c, NO_SUCH_ACTION);
    },
    act: async (c, name) => actions.act(c, name) ?? refused(c, NO_SUCH_ACTION),
    live: (c) => {
      if (c.req.method !== 'GET') return c.body(null, 204);
      const parameters = new URL(c.req.url).searchParams;
      // The adapter puts Node's own request and response there.
      const { outgoing } = c.env as HttpBindings;
      if (closing.aborted || hub.isFull()) {
        return c.body(null, 503, { Connection: 'close', 'Retry-After': '3' });
      }
      const view = { query: parsePageQuery(parameters), viewer: viewerAt(c) };
      const stream = openStream(outgoing);
      endWithSession(stream, () => deps.viewer(c) === view.viewer);
      hub.join(view, marksIn(parameters.get('marks')), stream);
      return RESPONSE_ALREADY_SENT;
    },
  };
}

/** Reads `state.Ab3_x,running.…`. */
function marksIn(text: string | null): Map<string, string> {
  return new Map(
    (text ?? '').split(',').flatMap((each) => {
      const [name = '', mark = ''] = each.split('.');
      return mark === '' ? [] : [[name, mark] as const];
    }),
  );
}
