import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import { toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Signals } from '../../signals.ts';
import { type JobFactsStore, readJobFacts } from '../../views/page/job-facts.ts';
import { parsePageQuery } from '../../views/page/query.ts';
import { encode } from '../compress.ts';
import { createLiveHub } from '../live/hub.ts';
import { openStream } from '../live/stream.ts';
import { readAssets } from './assets.ts';
import { renderJobPage } from './job-page.ts';
import { renderPage, renderSections } from './page.ts';
import { createPageSource, type PageSourceDeps } from './page-source.ts';
import { notOnRecord, type Refused, refusalWords, renderRefusal } from './refused.ts';

/** What answers browsers. */
export interface PagesDeps extends PageSourceDeps {
  store: PageSourceDeps['store'] & JobFactsStore;
  signals: Pick<Signals, 'on'>;
  /** Aborts when the server stops: every stream ends then. */
  closing: AbortSignal;
  faultLog: FaultLog;
}

/** The answers to browsers. */
export interface Pages {
  /** `GET /` */
  overview(c: Context): Promise<Response>;
  /** `GET /jobs/{id}` */
  job(c: Context, id: string): Promise<Response>;
  /** `GET /live`: the sections of the page as they change. */
  live(c: Context): Response;
}

/** What a page may load, and from where; no script or style stands in it. */
const PAGE_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
};

/** Makes what answers browsers. */
export function createPages(deps: PagesDeps): Pages {
  const { signals, closing, faultLog } = deps;
  const source = createPageSource(deps);
  const assets = readAssets();
  const hub = createLiveHub({
    facts: source.facts,
    clock: deps.clock,
    onChange: (listener) => {
      const stops = (['event:recorded', 'delivery:recorded', 'audit:written', 'poll:finished'] as const).map(
        (name) => signals.on(name, listener),
      );
      return () => {
        for (const stop of stops) stop();
      };
    },
    onOutcome: (error) => {
      if (error === null) faultLog.clear('/live', 'Open pages are told again');
      else faultLog.report('/live', 'Open pages could not be told', { err: toError(error) }, 'error');
    },
  });
  closing.addEventListener('abort', () => hub.close(), { once: true });

  return {
    overview: async (c) => {
      const facts = await source.facts(parsePageQuery(new URL(c.req.url).searchParams));
      return htmlAnswer(c, renderPage(facts, renderSections(facts), assets.paths));
    },
    job: async (c, id) => {
      try {
        const facts = await readJobFacts(deps.store, deps.clock, id);
        if (facts !== null) return htmlAnswer(c, renderJobPage(facts, deps.version, assets.paths));
      } catch (thrown) {
        const words = refusalWords(toError(thrown));
        if (words === null) throw thrown;
        return htmlAnswer(c, renderRefusal(words, assets.paths), words.status);
      }
      return htmlAnswer(c, renderRefusal(notOnRecord(id), assets.paths), 404);
    },
    live: (c) => {
      if (c.req.method !== 'GET') return c.body(null, 204);
      const parameters = new URL(c.req.url).searchParams;
      // The adapter puts Node's own request and response there.
      const { outgoing } = c.env as HttpBindings;
      if (closing.aborted || hub.isFull()) {
        return c.body(null, 503, { Connection: 'close', 'Retry-After': '3' });
      }
      hub.join(parsePageQuery(parameters), marksIn(parameters.get('marks')), openStream(outgoing));
      return RESPONSE_ALREADY_SENT;
    },
  };
}

/** Answers with a page, compressed as the browser takes it. */
async function htmlAnswer(
  c: Context,
  html: string,
  status: 200 | Refused['status'] = 200,
): Promise<Response> {
  const { body, headers } = await encode(html, c.req.header('accept-encoding'));
  return c.body(new Uint8Array(body), status, { ...PAGE_HEADERS, ...headers });
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
