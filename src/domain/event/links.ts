import type { WatcherEvent } from './event.ts';
import { isOfWatch } from './subject.ts';

/** A link of a message. Its label is ours, its address http or https. */
export interface MessageLink {
  /** `page`: the watcher's own page. `atlas`: the project in Atlas. */
  to: 'page' | 'atlas';
  label: string;
  url: string;
}

/** Longer ids are none of Atlas's. A message has room for a link of this length, a list of them too. In characters, encoded. */
const ID_LIMIT = 100;

/** What a message about the event leads to, the watcher's page first. `publicUrl`: see `pageUrlOf`; `null`: nobody has told where the page is. */
export function linksOf(event: Pick<WatcherEvent, 'subject'>, publicUrl: string | null): MessageLink[] {
  const atlasUrl = atlasUrlOf(event);
  return [
    ...(publicUrl === null ? [] : [pageLink(event, publicUrl)]),
    ...(atlasUrl === null
      ? []
      : [{ to: 'atlas' as const, label: 'Open the project in Atlas', url: atlasUrl }]),
  ];
}

/**
 * The address at which the page tells of the event: that of its job or, for what is about no job, the page itself.
 * @param publicUrl where people reach the page, without a slash at its end.
 */
export function pageUrlOf({ subject }: Pick<WatcherEvent, 'subject'>, publicUrl: string): string {
  const id = subject.kind === 'job' ? pathPart(subject.job.id) : null;
  return id === null ? `${publicUrl}/` : `${publicUrl}/jobs/${id}`;
}

function pageLink(event: Pick<WatcherEvent, 'subject'>, publicUrl: string): MessageLink {
  const label = event.subject.kind === 'job' ? 'Open the restore' : 'Open the page';
  return { to: 'page', label, url: pageUrlOf(event, publicUrl) };
}

/**
 * The id as one step of a path, in letters, digits, `-`, `.` and `%` alone, so that no Markdown or mrkdwn around it finds formatting in it.
 * `null` where no address can hold it: `.` and `..` mean the steps above, encoded as well.
 */
function pathPart(id: string): string | null {
  const encoded = encodeURIComponent(id.toWellFormed()).replace(
    /[!'()*_~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return /^\.{0,2}$/.test(encoded) || encoded.length > ID_LIMIT ? null : encoded;
}

function atlasUrlOf({ subject }: Pick<WatcherEvent, 'subject'>): string | null {
  const projectUrl = isOfWatch(subject) ? subject.projectUrl : null;
  const isWebAddress = projectUrl !== null && URL.canParse(projectUrl) && /^https?:/i.test(projectUrl);
  return isWebAddress ? new URL(projectUrl).href : null;
}
