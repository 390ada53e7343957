import type { Command } from 'commander';
import { GAP_CAUSES } from '../../domain/coverage/causes.ts';
import { type Period, type PlaceCoverage, ratioOf } from '../../domain/coverage/periods.ts';
import { formatSpan, toIso } from '../../domain/instant.ts';
import { coverageView, USUAL_COVERAGE_MS } from '../../views/coverage.ts';
import { shareWords } from '../../views/share.ts';
import { type Cli, jsonOption, onAction, timeOption } from '../command.ts';
import { UsageError } from '../errors.ts';
import { addRecordsOptions, type RecordsOptions, withRecords } from '../records.ts';
import { warnOfUnknown } from '../view/listing.ts';
import { count, printable, toJson } from '../view/text.ts';

interface CoverageOptions extends RecordsOptions {
  since?: number;
  until?: number;
  watch?: string;
}

/** Adds `audit coverage`: when everything was watched, and why it was not. */
export function addAuditCoverage(cli: Cli, audit: Command): void {
  const coverage = audit
    .command('coverage')
    .description('say when every instance was watched, and each gap with its cause')
    .addOption(timeOption(cli, 'since', 'from this time on (default: 30 days back)'))
    .addOption(timeOption(cli, 'until', 'until this time (default: now)'))
    .option('--watch <name>', 'of this watch alone')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nWatched: every look came when it was due, or before another one was. Two good looks that lie farther apart leave a gap.\nAfter a kill a gap may begin up to 15 s early, never late.',
    );
  onAction<CoverageOptions>(cli, addRecordsOptions(coverage), (options) => printCoverage(cli, options));
}

async function printCoverage(cli: Cli, options: CoverageOptions): Promise<number> {
  const now = cli.parts.clock.now();
  const { watch, until = now, since = until - USUAL_COVERAGE_MS } = options;
  if (since >= until) throw new UsageError('--since has to lie before --until');
  const period = { since, until };
  const found = await withRecords(cli, options, 'readonly', ({ records, watches, isWhole }) => {
    warnOfUnknown(cli, 'watch', watch, { known: watches, isWhole });
    return records.coverage({ watch, ...period });
  });
  const places = found ?? [];
  if (options.json) cli.out.line(toJson(coverageView(places, period)));
  else printPlaces(cli, places, period);
  return 0;
}

function printPlaces({ out }: Cli, places: readonly PlaceCoverage[], { since, until }: Period): void {
  out.line(`From ${toIso(since)} to ${toIso(until)}`);
  if (places.length === 0) {
    out.line('Nothing is on record of what was watched then.');
    return;
  }
  for (const place of places) {
    const { watch, groupId, instanceName, gaps, expectedMs } = place;
    out.line('');
    out.line(printable(`${watch}: ${instanceName} in project ${groupId}`));
    const gapWords = gaps.length === 0 ? 'no gap' : count(gaps.length, 'gap');
    const share =
      expectedMs === 0
        ? 'not watched'
        : `${shareWords(ratioOf([place]))} of ${formatSpan(expectedMs)} watched`;
    out.line(`  ${out.paint(gaps.length === 0 ? 'green' : 'yellow', `${share}, ${gapWords}`)}`);
    for (const { from, to, cause } of gaps)
      out.line(`  ${toIso(from)}  ${toIso(to)}  ${formatSpan(to - from)}  ${cause}: ${GAP_CAUSES[cause]}`);
  }
}
