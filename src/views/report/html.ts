import { formatSpan, toIso } from '../../domain/instant.ts';
import { shortId } from '../../domain/job/restore-job.ts';
import type { DrillSummary, Report } from '../../domain/report/report.ts';
import { durationChart } from '../charts/duration-chart.ts';
import { shareWords } from '../share.ts';
import { Markup, markup } from './markup.ts';
import { restoresSection } from './restores.ts';
import { REPORT_STYLE } from './style.ts';
import { causeWords, dayWords, durationWords, instantWords, outcomeWords } from './words.ts';

/** Colours of the style sheet. */
const SERIES = 6;

/** The report as one file: no script, nothing that is fetched, and nothing in it may run or be fetched. */
export function reportHtml(report: Report): string {
  const { period, watch } = report;
  const title = `Restore evidence, ${dayWords(period.since)} to ${dayWords(period.until - 1)}`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Markup(REPORT_STYLE + pageBoxes(report))}</style>
</head>
<body><main>
<header><h1>Restore evidence</h1>
<p class="soft">${instantWords(period.since)} to ${instantWords(period.until)} UTC${watch === null ? null : `, watch ${watch}`}. Made ${instantWords(report.madeAt)} UTC by restore-watcher ${report.version}. ${integrityWords(report)}</p>
${tiles(report)}</header>
${durations(report)}${byWatch(report)}${drills(report)}${restoresSection(report.restores)}${undelivered(report)}${blind(report)}${integrity(report)}${signatures()}
</main></body></html>
`.text;
}

/** Firefox has no margin boxes: what stands there stands in the text as well. */
function pageBoxes({ period, integrity: { checkpoint, entries } }: Report): string {
  const signed = checkpoint === null ? `${entries} entries, not signed` : `checkpoint ${checkpoint.size}`;
  const left = `restore-watcher · ${dayWords(period.since)} to ${dayWords(period.until - 1)} · ${signed}`;
  const font = 'font:7.4pt system-ui,"DejaVu Sans",sans-serif;color:#5b6470';
  return `@page{@bottom-left{content:${cssText(left)};${font}}@bottom-right{content:counter(page)" / "counter(pages);${font}}}`;
}

function cssText(text: string): string {
  return `"${text.replaceAll(/[^\w .:,·+-]/g, ' ')}"`;
}

function integrityWords({ integrity: { entries, broken, checkpoint } }: Report): string {
  if (broken !== null) return `The audit log is not whole: ${broken.what}.`;
  const signed = checkpoint === null ? 'it is not signed yet' : `signed up to entry ${checkpoint.size}`;
  return `It rests on ${entries.toLocaleString('en')} entries of the audit log, whose chain is whole; ${signed}.`;
}

function tiles({ restores, drills: all, watches, blind: gaps }: Report): Markup {
  const failed = restores.filter(({ outcome }) => outcome === 'failed').length;
  const overdue = all.flatMap((drill) => drill.overdue).length;
  const unattested = all.reduce((sum, drill) => sum + drill.notAttested, 0);
  const worst = Math.min(1, ...watches.map(({ coverage }) => coverage));
  const tile = (value: string | number, words: string, kind = '') =>
    markup`<li><b class="${kind}">${value}</b>${words}</li>`;
  return markup`<ul class="tiles">${[
    tile(restores.length, restores.length === 1 ? 'restore' : 'restores'),
    tile(failed, 'failed', failed > 0 ? 'bad' : ''),
    tile(overdue, 'times a drill overdue', overdue > 0 ? 'warn' : ''),
    tile(unattested, 'not attested in time', unattested > 0 ? 'warn' : ''),
    tile(
      shareWords(worst),
      `of the time watched${watches.length > 1 ? ', at least' : ''}`,
      gaps.length > 0 ? '' : 'good',
    ),
  ]}</ul>`;
}

function durations({ restores, period, watches }: Report): Markup | null {
  const names = watches.map(({ watch }) => watch);
  const marks = restores.flatMap((row) =>
    row.durationMs === null
      ? []
      : [
          {
            at: row.beganAt,
            ms: row.durationMs,
            series: names.indexOf(row.watch) % SERIES,
            hasFailed: row.outcome === 'failed',
            title: `${instantWords(row.beganAt)}, ${row.watch}: ${outcomeWords(row)} after ${durationWords(row.durationMs)}`,
          },
        ],
  );
  if (marks.length === 0) return null;
  const chart = durationChart(marks, period);
  const label = `Duration of ${marks.length} restores; the table below has each`;
  return markup`<section><h2>Duration</h2><figure>
<svg viewBox="0 0 ${chart.width} ${chart.height}" role="img" aria-label="${label}">
${chart.ticks.map(({ y, label: words }) => markup`<line class="grid" x1="${chart.left}" x2="${chart.right}" y1="${y}" y2="${y}"/><text class="axis" x="${chart.left - 8}" y="${y + 4}" text-anchor="end">${words}</text>`)}
${chart.days.map(({ x, label: words }) => markup`<text class="axis" x="${x}" y="${chart.bottom + 20}" text-anchor="middle">${words}</text>`)}
${chart.marks.map(({ x, y, series, hasFailed, title }) => (hasFailed ? markup`<path class="failed" d="M${x - 4} ${y - 4}l8 8m0-8l-8 8"><title>${title}</title></path>` : markup`<circle class="s${series}" cx="${x}" cy="${y}" r="3"><title>${title}</title></circle>`))}
</svg>
<ul class="key">${names.map((name, index) => markup`<li><svg viewBox="0 0 10 10" aria-hidden="true"><circle class="s${index % SERIES}" cx="5" cy="5" r="4"/></svg>${name}</li>`)}<li><svg viewBox="0 0 10 10" aria-hidden="true"><path class="failed" d="M1 1l8 8m0-8l-8 8"/></svg>failed</li></ul>
<figcaption class="soft">Each mark is a restore, where it began; the higher, the longer it took (each line about twice the one below).</figcaption></figure></section>`;
}

function byWatch({ watches }: Report): Markup {
  const some = (value: number | null, kind: string): Markup =>
    value === null ? markup`–` : value > 0 ? markup`<span class="${kind}">${value}</span>` : markup`${value}`;
  return markup`<section><h2>By watch</h2><div class="scroll"><table>
<thead><tr><th>Watch</th><th class="n">Restores</th><th class="n">Finished</th><th class="n">Failed</th><th class="n">Median</th><th class="n">RTO</th><th class="n">Over RTO</th><th class="n">RPO</th><th class="n">Over RPO</th><th class="n">Attested</th><th class="n">Blind</th><th class="n">Watched</th></tr></thead>
<tbody>${watches.map(
    (
      one,
    ) => markup`<tr><td><b>${one.watch}</b></td><td class="n">${one.restores}</td><td class="n">${one.finished}</td><td class="n">${some(one.failed, 'bad')}</td><td class="n w">${spanOr(one.medianMs)}</td><td class="n w">${spanOr(one.rtoMs)}</td><td class="n">${some(one.overRto, 'warn')}</td><td class="n w">${spanOr(one.rpoMs)}</td><td class="n">${some(one.overRpo, 'warn')}</td><td class="n">${one.attested}</td><td class="n w">${one.blindMs === 0 ? '0' : formatSpan(one.blindMs)}</td><td class="n w">${shareWords(one.coverage)}</td></tr>
`,
  )}</tbody></table></div></section>`;
}

function spanOr(ms: number | null): string {
  return ms === null ? '–' : formatSpan(ms);
}

function drills({ drills: all }: Report): Markup {
  if (all.length === 0) return markup`<section><h2>Drills</h2><p>No restore drill is agreed.</p></section>`;
  return markup`<section><h2>Drills</h2><div class="scroll"><table><caption>Any restore that fits counts as the drill.</caption>
<thead><tr><th>Drill</th><th>Watch</th><th class="n">Every</th><th class="n">Restores that count</th><th class="n">As agreed</th><th class="n">Not attested</th><th>Last</th><th>Overdue</th></tr></thead>
<tbody>${all.map(
    (
      one,
    ) => markup`<tr><td><b>${one.name}</b></td><td>${one.watch}${one.instanceName === null ? null : markup`<small>${one.instanceName}</small>`}</td><td class="n w">${spanOr(one.everyMs)}</td><td class="n">${one.runs}</td><td class="n">${one.met}</td><td class="n">${one.notAttested > 0 ? markup`<span class="warn">${one.notAttested}</span>` : 0}</td><td class="w">${one.lastRunAt === null ? '–' : instantWords(one.lastRunAt)}</td><td>${overdueCell(one)}</td></tr>
`,
  )}</tbody></table></div></section>`;
}

function overdueCell({ overdue }: DrillSummary): Markup {
  if (overdue.length === 0) return markup`<span class="good">never</span>`;
  return markup`${overdue.map(
    ({ since, until }) =>
      markup`<span class="warn w">${instantWords(since)} – ${until === null ? 'still' : instantWords(until)}</span><br>`,
  )}`;
}

function undelivered({ undelivered: notices }: Report): Markup {
  const list = markup`<div class="scroll"><table><thead><tr><th>Given up</th><th>Channel</th><th>Message</th><th>Restore</th><th>The receiver said</th></tr></thead>
<tbody>${notices.map(
    ({
      at,
      channel,
      event,
      jobId,
      detail,
    }) => markup`<tr><td class="w">${instantWords(at)}</td><td>${channel}</td><td>${event}</td><td><code>${jobId === null ? '–' : shortId(jobId)}</code></td><td>${detail}</td></tr>
`,
  )}</tbody></table></div>`;
  return markup`<section><h2>Messages that did not arrive</h2>${notices.length === 0 ? markup`<p>None: everything that was owed to a channel was accepted, or is still being tried.</p>` : list}</section>`;
}

function blind({ blind: gaps, period, recordFrom }: Report): Markup {
  const list = markup`<div class="scroll"><table><thead><tr><th>From</th><th>Until</th><th class="n">Lasted</th><th>Watch</th><th>Cause</th></tr></thead>
<tbody>${gaps.map(
    (
      gap,
    ) => markup`<tr><td class="w">${toIso(gap.from).slice(0, 19).replace('T', ' ')}</td><td class="w">${gap.until === null ? 'still' : toIso(gap.until).slice(0, 19).replace('T', ' ')}</td><td class="n w">${formatSpan((gap.until ?? period.until) - gap.from)}</td><td>${gap.watch ?? 'every watch'}${gap.place === null ? null : markup`<small>${gap.place}</small>`}</td><td>${causeWords(gap)}<small>${gap.detail}</small></td></tr>
`,
  )}</tbody></table></div>`;
  const before =
    recordFrom > period.since
      ? markup`<p class="warn">No record yet before ${instantWords(recordFrom)}: nothing is known of that time, and it counts neither as watched nor as missed.</p>`
      : null;
  return markup`<section><h2>When nobody could see</h2>${before}<p>Restores that began and ended in such a time were found afterwards, as far as Atlas still listed them.</p>${gaps.length === 0 ? markup`<p class="good">Never${before === null ? '' : ' since then'}: every watch saw all the time.</p>` : list}</section>`;
}

function integrity({ integrity: found, configuration, madeAt, version, period }: Report): Markup {
  const { entries, head, broken, checkpoint, key } = found;
  return markup`<section><h2>How to check this report</h2>
<p>Every line above is drawn from the audit log, whose entries are chained by their hashes and signed from time to time. With a copy of the log, and with the key and a checkpoint that were kept elsewhere:</p>
<pre>restore-watcher audit verify --file audit.jsonl --key "$(cat audit.vkey)" --checkpoint audit.note</pre>
<dl><dt>Entries</dt><dd>${entries.toLocaleString('en')}</dd><dt>Last entry</dt><dd><code>${head ?? 'none'}</code></dd>
<dt>Chain</dt><dd>${broken === null ? markup`<span class="good">whole</span>` : markup`<span class="bad">not whole: ${broken.what}</span>`}</dd>
<dt>Key</dt><dd><code>${key ?? 'nothing is signed yet'}</code></dd>
${checkpoint === null ? null : markup`<dt>Checkpoint</dt><dd>${checkpoint.size.toLocaleString('en')} entries, made ${checkpoint.at}</dd>`}
<dt>Configuration</dt><dd>${configuration === null ? 'none on record' : markup`${configuration.file}, in force since ${instantWords(configuration.loadedAt)}<br><code>SHA-256 ${configuration.sha256}</code>`}</dd>
<dt>Period</dt><dd>${toIso(period.since)} to ${toIso(period.until)}, by when a restore began</dd>
<dt>Time zone</dt><dd>UTC, everywhere</dd><dt>Made</dt><dd>${toIso(madeAt)} by restore-watcher ${version}</dd></dl>
${checkpoint === null ? null : markup`<pre>${checkpoint.note.trimEnd()}</pre>`}</section>`;
}

function signatures(): Markup {
  return markup`<section><h2>Sign-off</h2><div class="sign"><div>Prepared by, date</div><div>Signature</div><div>Reviewed by, date</div><div>Signature</div></div></section>`;
}
