import type { PageFacts } from '../../../views/page/facts.ts';
import { clock, type Markup, markup } from '../markup.ts';

/** What a section says that stands in the store, while the store cannot be read. */
export function notRead({ storeFault, now }: PageFacts): Markup {
  const since = storeFault === null ? null : markup` since ${clock(storeFault.since, now)}`;
  return markup`<p class="notice">The store cannot be read${since}.</p>`;
}

/** The same where something was read before: how old it is. */
export function readBefore({ storeFault, record, now }: PageFacts): Markup | null {
  if (storeFault === null || record === null) return null;
  return markup`<p class="notice">The store cannot be read since ${clock(storeFault.since, now)}: this is as of ${clock(record.readAt, now)}.</p>`;
}
