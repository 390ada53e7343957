import { METRICS } from '../../src/metrics/definitions.ts';

const BEGIN = '<!-- made by "npm run metrics": what is changed here by hand is lost -->';
const END = '<!-- until here -->';

/** The tables of `docs/metrics.md`, from the definitions of the metrics. */
function metricsTable(): string {
  const rows = Object.entries(METRICS).map(([name, { type, labels, help }]) => {
    const shown = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${shown} | ${help.replaceAll('|', '\\|')} |`;
  });
  const histograms = Object.entries(METRICS).flatMap(([name, definition]) =>
    'buckets' in definition ? [`| \`${name}\` | ${definition.buckets.join(', ')} |`] : [],
  );
  return [
    '| metric | type | labels | says |',
    '|---|---|---|---|',
    ...rows,
    '',
    '| histogram | buckets, in seconds |',
    '|---|---|',
    ...histograms,
  ].join('\n');
}

/**
 * The page with the tables as the code has them.
 * @throws when the page does not say where they stand.
 */
export function withMetricsTable(page: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error('docs/metrics.md does not say where its tables stand');
  return `${page.slice(0, begin)}${BEGIN}\n\n${metricsTable()}\n\n${page.slice(end)}`;
}
