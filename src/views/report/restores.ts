import { shortId } from '../../domain/job/restore-job.ts';
import type { RestoreRow } from '../../domain/report/report.ts';
import { type Markup, markup } from './markup.ts';
import {
  actorWords,
  ageWords,
  dayWords,
  durationWords,
  instantWords,
  lackWords,
  outcomeWords,
  timeWords,
} from './words.ts';

/** Every restore, one row each: what a form of an auditor asks. */
export function restoresSection(restores: readonly RestoreRow[]): Markup {
  if (restores.length === 0) {
    return markup`<section><h2>Every restore</h2><p>None began in this period.</p></section>`;
  }
  return markup`<section><h2>Every restore</h2>
<div class="scroll"><table class="all"><caption>All ${restores.length} that began in the period, in the order in which they began. Times in UTC.</caption>
<thead><tr><th>Began</th><th>From, to</th><th>Outcome</th><th class="n">Took<br>of RTO</th><th class="n">Snapshot age<br>of RPO</th><th>Who began it</th><th>Drill, validation</th><th>Told of the end</th></tr></thead>
<tbody>${restores.map(rowOf)}</tbody></table></div></section>`;
}

function rowOf(row: RestoreRow): Markup {
  const { who, confidence } = actorWords(row.actor);
  const target = row.targetClusterName ?? row.deliveryType ?? 'download';
  return markup`<tr><td class="w">${dayWords(row.beganAt)} ${timeWords(row.beganAt)}<small>${row.beginIs === 'inferred' ? 'inferred · ' : null}<code>${shortId(row.jobId)}</code></small></td>
<td>${row.watch}<small class="w">${row.instanceName === row.watch ? null : row.instanceName} → ${target}</small></td>
<td>${outcomeCell(row)}</td>
<td class="n w">${row.durationMs === null ? '–' : `${row.endIs === 'bound' ? '≤ ' : ''}${durationWords(row.durationMs)}`}<small>${row.rtoMs === null ? null : `of ${durationWords(row.rtoMs).replace('.0 ', ' ')}`}</small></td>
<td class="n w">${ageCell(row)}<small>${row.rpoMs === null ? null : `of ${ageWords(row.rpoMs).replace('.0 ', ' ')}`}</small></td>
<td>${who}<small>${confidence}</small></td>
<td>${validationCell(row)}</td>
<td>${toldCell(row)}</td></tr>
`;
}

function outcomeCell(row: RestoreRow): Markup {
  const words = outcomeWords(row);
  const isBad = row.outcome === 'failed';
  const isOdd = row.warnings || row.isWithinRto === false || !['finished', 'failed'].includes(row.outcome);
  const kind = isBad ? 'bad' : isOdd ? 'warn' : '';
  const why = isBad ? (row.errorMessage ?? 'Atlas gives no reason') : null;
  const ended =
    row.endedAt === null
      ? null
      : `${row.endIs === 'bound' ? 'by ' : ''}${instantWords(row.endedAt).slice(5)}${row.endIs === 'late' ? ', found late' : ''}`;
  return markup`<span class="${kind}">${words}</span><small>${ended}</small>${why === null ? null : markup`<small>${why}</small>`}`;
}

function ageCell({ snapshotAgeMs, isWithinRpo }: RestoreRow): Markup {
  if (snapshotAgeMs === null) return markup`–`;
  return isWithinRpo === false
    ? markup`<span class="warn">${ageWords(snapshotAgeMs)}</span>`
    : markup`${ageWords(snapshotAgeMs)}`;
}

function validationCell({ drills, attestation }: RestoreRow): Markup {
  const tests = drills.map(({ name, reasons }) =>
    reasons.length === 0
      ? markup`${name}<br>`
      : markup`<span class="warn">${name}: ${lackWords(reasons)}</span><br>`,
  );
  if (attestation === null) return tests.length === 0 ? markup`–` : markup`${tests}`;
  const { result, by, ticket, note, cleanUp } = attestation;
  const said = [by, ticket, note, cleanUp === null ? null : `test data: ${cleanUp}`];
  return markup`${tests}<span class="${result === 'passed' ? 'good' : 'bad'}">${result}</span><small>${said.filter((part) => part !== null).join(', ')}</small>`;
}

function toldCell({ told, endedAt }: RestoreRow): Markup {
  if (told.length === 0) return markup`<span class="soft">nobody</span>`;
  return markup`${told.map(({ channel, firstAt, givenUp }) => {
    const at =
      firstAt === null ? null : sameDay(firstAt, endedAt) ? timeWords(firstAt) : instantWords(firstAt);
    const missed = givenUp === 0 ? null : markup` <span class="bad">${givenUp} not delivered</span>`;
    return markup`<span class="w">${channel} ${at}</span>${missed}<br>`;
  })}`;
}

function sameDay(a: number, b: number | null): boolean {
  return b !== null && dayWords(a) === dayWords(b);
}
