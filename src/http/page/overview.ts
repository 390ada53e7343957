import type { Context } from 'hono';
import { toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import { parsePageQuery } from '../../views/page/query.ts';
import type { Viewer } from '../../views/page/viewer.ts';
import { holdTurn } from '../turns.ts';
import { saidIn } from './actions/said.ts';
import type { Assets } from './assets.ts';
import { htmlInPieces } from './html-answer.ts';
import { pageBody, pageHead, type RenderedPage } from './page.ts';
import type { PageSource } from './page-source.ts';
import { notRendered } from './refused.ts';

/** What the overview is answered with. */
export interface OverviewParts {
  source: Pick<PageSource, 'page'>;
  assets: Assets;
  faultLog: FaultLog;
  viewer: Viewer;
}

/** Answers with the overview, of which the head is sent while the rest is rendered. */
export function answerOverview(c: Context, { source, viewer, ...parts }: OverviewParts): Response {
  const query = parsePageQuery(new URL(c.req.url).searchParams);
  const rendered = source.page({ query, viewer });
  holdTurn(c, rendered);
  return htmlInPieces(c, piecesOf(rendered, { ...parts, said: saidIn(c) }));
}

async function* piecesOf(
  rendered: Promise<RenderedPage>,
  { assets, faultLog, said }: Pick<OverviewParts, 'assets' | 'faultLog'> & { said: string | null },
): AsyncGenerator<string> {
  yield pageHead(assets.paths);
  let rest: readonly string[];
  try {
    const { facts, sections } = await rendered;
    rest = pageBody(facts, sections, { assets: assets.paths, said });
    faultLog.clear('rendering', 'The page is rendered again');
  } catch (error) {
    faultLog.report('rendering', 'The page could not be rendered', { err: toError(error) }, 'error');
    rest = [notRendered()];
  }
  yield* rest;
}
