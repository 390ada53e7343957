import { StoreError } from '../../errors.ts';
import type { GoneJob } from '../../views/gone-job.ts';
import type { Viewer } from '../../views/page/viewer.ts';
import { AmbiguousId, type IdCandidate, UnfitId } from '../../views/resolve-id.ts';
import { type AssetPaths, bodyEnd, bodyStart, document } from './document.ts';
import { markup } from './markup.ts';

/** How to come to act from the page, for each who looks. */
export const HOW_TO_ACT: Readonly<Record<Viewer, string>> = {
  actor: 'You may act.',
  viewer:
    'You may look. To mute, send again, poll or attest, log out and log in with the token of server.token; if the configuration has none, it needs one for that.',
  anybody:
    'To mute, send again, poll or attest from here, set server.token in the configuration and log in with it. The command line can do it as it is.',
};

/** Why a page cannot be shown, for people. */
export interface Refused {
  status: 403 | 404 | 409 | 503;
  title: string;
  words: string;
  /** The jobs that may be meant. */
  candidates: readonly IdCandidate[];
}

/** What a job that nobody has seen is answered with. */
export function notOnRecord(id: string): Refused {
  const words = `No restore with the id ${id} is on record. It may be older than the record goes back, or of a project that is not watched.`;
  return { status: 404, title: 'No such restore', words, candidates: [] };
}

/** What is said of a job that is no longer on record. */
export function pruned({ message, hint }: GoneJob): Refused {
  const words = `${message.slice(0, 1).toUpperCase()}${message.slice(1)}. ${hint ?? ''}`;
  return { status: 404, title: 'No longer on record', words, candidates: [] };
}

/** What is answered where the page offers no such thing. */
export const NO_SUCH_ACTION: Refused = {
  ...{ status: 404, title: 'No such action', candidates: [] },
  words: 'The page offers nothing of this name.',
};

/** What somebody is told who may not act: how that is come by. */
export function mayNotAct(viewer: Viewer): Refused {
  return { status: 403, title: 'You may look, not act', words: HOW_TO_ACT[viewer], candidates: [] };
}

/** Puts a refusal into words; `null`: it is none, but a fault of ours. */
export function refusalWords(error: Error): Refused | null {
  if (error instanceof AmbiguousId) {
    return { status: 409, title: 'Several may be meant', words: error.message, candidates: error.candidates };
  }
  if (error instanceof UnfitId) {
    const words = [error.message, error.hint ?? ''].join('. ');
    return { status: 404, title: 'No such restore', words, candidates: [] };
  }
  if (!(error instanceof StoreError)) return null;
  const words = 'The store cannot be read at present. The overview says more.';
  return { status: 503, title: 'Not now', words, candidates: [] };
}

/** What follows the head of a page that cannot be rendered after all. */
export function notRendered(): string {
  return [
    bodyStart({ attributes: null, top: TOP }),
    markup`<section class="card" aria-labelledby="refused-title"><h2 id="refused-title">Something is wrong with this page</h2><p>It could not be rendered. The log of the daemon says why; <code>restore-watcher status</code> shows how everything stands.</p></section>`,
    bodyEnd(null),
  ].join('');
}

const TOP = markup`<h1><a href="/">restore-watcher</a></h1>`;

/** Renders a refusal. */
export function renderRefusal({ title, words, candidates }: Refused, assets: AssetPaths): string {
  return document({
    title: `${title} · restore-watcher`,
    assets,
    body: {
      top: TOP,
      main: markup`<section class="card" aria-labelledby="refused-title"><h2 id="refused-title">${title}</h2><p>${words}</p>
${candidates.length === 0 ? null : markup`<ul>${candidates.map(({ id, about }) => markup`<li><a href="/jobs/${encodeURIComponent(id)}">${id}</a> ${about}</li>`)}</ul>`}
<p><a href="/">To the overview</a></p></section>`,
    },
  });
}
