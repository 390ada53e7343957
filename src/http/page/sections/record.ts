import { ratioOf } from '../../../domain/coverage/periods.ts';
import { FAULT_WORDS } from '../../../domain/evidence/wrong-entry.ts';
import type { VerifiedLog } from '../../../store/ports/evidence/verified.ts';
import type { PageFacts, RecordFacts } from '../../../views/page/facts.ts';
import { shareWords } from '../../../views/share.ts';
import { clock, type Markup, many, markup, type Part } from '../markup.ts';
import { notRead, readBefore } from './not-read.ts';

/** Is the record sound: how long it is, and up to where it is signed. */
export function recordSection(facts: PageFacts): Markup {
  return markup`<section id="record" aria-labelledby="record-title">
<h2 id="record-title">Record</h2>
${readBefore(facts)}${facts.record === null ? notRead(facts) : lines(facts.record, facts)}
</section>`;
}

function lines({ log, report, coverage }: RecordFacts, { now }: PageFacts): Markup {
  const { checkpoint, entries } = log;
  const oldest = report.store.oldestEventAt;
  return markup`<dl class="facts"><div><dt>Audit log</dt><dd>${many(entries, 'entry', 'entries')}</dd></div>
<div><dt>Last checkpoint</dt><dd>${
    checkpoint === null
      ? 'none yet'
      : markup`${clock(Date.parse(checkpoint.at), now)}, over ${many(checkpoint.size, 'entry', 'entries')}`
  }</dd></div>
<div><dt>Verified last</dt><dd>${log.verified === null ? markup`<span class="quiet">not on record</span>` : verifiedWords(log.verified, now)}</dd></div>
<div><dt>Watched in the last 30 days</dt><dd>${coverageWords(coverage)}</dd></div>
<div><dt>Goes back to</dt><dd>${oldest === null ? 'now: nothing has happened' : clock(Date.parse(oldest), now)}</dd></div></dl>
<p class="quiet">To verify it: <code>restore-watcher audit verify</code>, which notes here what it found; the daemon does not do it by itself. Each gap, with its cause: <code>restore-watcher audit coverage</code></p>`;
}

/** When, up to where, with which verdict, and by whom. */
function verifiedWords({ at, head, problems, first, by }: VerifiedLog, now: number): Markup {
  const upTo = head === null ? null : ` up to entry ${head.seq.toLocaleString('en')}`;
  const verdict =
    problems === 0
      ? markup`<span class="good">as it was written</span>${upTo}`
      : markup`<span class="bad">${first === null ? many(problems, 'problem') : `wrong from entry ${first.entry.toLocaleString('en')} on: ${FAULT_WORDS[first.how]}`}</span>`;
  return markup`${clock(at, now)}, ${verdict} <span class="quiet">by ${by}</span>`;
}

function coverageWords({ places, gaps, ...spans }: RecordFacts['coverage']): Part {
  if (places === 0) return 'nothing is on record yet';
  if (gaps === 0) return 'without a gap';
  return markup`${shareWords(ratioOf([spans]))} <span class="quiet">with ${many(gaps, 'gap')}</span>`;
}
