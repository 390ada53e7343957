import type { PageFacts, RecordFacts } from '../../../views/page/facts.ts';
import { clock, type Markup, many, markup } from '../markup.ts';
import { notRead, readBefore } from './not-read.ts';

/** Is the record sound: how long it is, and up to where it is signed. */
export function recordSection(facts: PageFacts): Markup {
  return markup`<section id="record" aria-labelledby="record-title">
<h2 id="record-title">Record</h2>
${readBefore(facts)}${facts.record === null ? notRead(facts) : lines(facts.record, facts)}
</section>`;
}

function lines({ log, report }: RecordFacts, { now }: PageFacts): Markup {
  const { checkpoint, entries } = log;
  const oldest = report.store.oldestEventAt;
  return markup`<dl class="facts"><div><dt>Audit log</dt><dd>${many(entries, 'entry', 'entries')}</dd></div>
<div><dt>Last checkpoint</dt><dd>${
    checkpoint === null
      ? 'none yet'
      : markup`${clock(Date.parse(checkpoint.at), now)}, over ${many(checkpoint.size, 'entry', 'entries')}`
  }</dd></div>
<div><dt>Goes back to</dt><dd>${oldest === null ? 'now: nothing has happened' : clock(Date.parse(oldest), now)}</dd></div></dl>
<p class="quiet">To verify it: <code>restore-watcher audit verify</code></p>`;
}
