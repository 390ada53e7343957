import type { AuditData, AuditEntry } from '../../../domain/audit.ts';
import type { JobFacts } from '../../../views/page/job/job-facts.ts';
import { clock, type Markup, many, markup, type Part } from '../markup.ts';

/** So many entries are shown; the proof has them all. */
const MOST_SHOWN = 200;

/** What the audit log says of a restore, entry by entry, and where the proof of that is to be had. */
export function logSection({ log, observation: { jobId }, now }: JobFacts): Markup {
  const { entries, isWhole, checkpoint } = log;
  const shown = entries.slice(0, MOST_SHOWN);
  const isSigned = ({ seq }: AuditEntry): boolean => checkpoint !== null && seq <= checkpoint.size;
  return markup`<section aria-labelledby="log-title"><h2 id="log-title">Audit log</h2>
${
  shown.length === 0
    ? markup`<p class="quiet">No entry about this restore was found.</p>`
    : markup`<div class="wide" tabindex="0" role="region" aria-label="Entries of the audit log"><table><thead><tr><th scope="col" class="number">Entry</th><th scope="col">Written</th><th scope="col">Kind</th><th scope="col">Says</th><th scope="col">Signed</th></tr></thead><tbody>
${shown.map((entry) => row(entry, isSigned(entry), now))}</tbody></table></div>`
}
<p class="quiet">${isWhole && shown.length === entries.length ? 'Looked for' : 'There may be more. Looked for'} around the times that are known of this restore; the proof is made of the whole log.</p>
${proofWords(jobId, checkpoint, now)}
<p>Why each channel was told or not: <code>restore-watcher history ${jobId} --why</code></p></section>`;
}

function row({ seq, at, kind, data }: AuditEntry, isSigned: boolean, now: number): Markup {
  return markup`<tr id="entry-${seq}"><th scope="row" class="number">${seq}</th><td>${clock(Date.parse(at), now, { seconds: true })}</td><td>${kind}</td><td class="says">${saysOf(data)}</td><td>${isSigned ? 'yes' : markup`<span class="quiet">not yet</span>`}</td></tr>`;
}

/** The fields that tell one entry from another, in this order. The rest stands in the proof, in `audit export` and in the API. */
const TELLING = [
  ...['event', 'news', 'silent', 'state', 'decision', 'channel', 'outcome', 'attempt', 'result', 'by'],
  ...['drill', 'isMet', 'reason', 'reasons', 'detail', 'problem', 'insteadOf'],
];

function saysOf(data: AuditData): Part {
  const told = TELLING.flatMap((name) => {
    const words = wordsOf(data[name]);
    return words === null ? [] : [[name, words] as const];
  });
  return told.map(
    ([name, words], index) => markup`${index === 0 ? null : ', '}<span class="quiet">${name}</span> ${words}`,
  );
}

function wordsOf(value: unknown): string | null {
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(String).join(' ');
  const isPlain = ['string', 'number', 'boolean'].includes(typeof value);
  return isPlain && value !== '' ? String(value) : null;
}

function proofWords(jobId: string, checkpoint: JobFacts['log']['checkpoint'], now: number): Part {
  if (checkpoint === null)
    return markup`<p>Nothing of the log is signed yet, so nothing can be proved. The first checkpoint comes within <code>audit.checkpointEvery</code>.</p>`;
  return markup`<p><a href="/jobs/${encodeURIComponent(jobId)}/proof">Download the proof</a> (zip): these entries, each with a proof that it stands in the log, of which ${many(checkpoint.size, 'entry', 'entries')} were signed at ${clock(Date.parse(checkpoint.at), now)}. Whoever has the key checks it without the log. The same by <code>restore-watcher audit prove ${jobId} --out DIR</code></p>`;
}
