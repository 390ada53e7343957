import { describe, expect, it } from 'vitest';
import { ReportCompiler } from '../../../src/domain/report/compile.ts';
import type { Report } from '../../../src/domain/report/report.ts';
import { reportCsv } from '../../../src/views/report/csv.ts';
import { reportHtml } from '../../../src/views/report/html.ts';
import { reportView } from '../../../src/views/report/json.ts';
import { quarterLog, SINCE, UNTIL } from '../../domain/report/quarter.ts';

function aReport(): Report {
  const compiler = new ReportCompiler();
  for (const entry of quarterLog()) compiler.read(entry);
  const checkpoint = { size: 640, at: '2026-10-01T00:00:00.000Z', note: 'acme\n640\nroot\n\n— acme sig\n' };
  const asked = { since: SINCE, until: UNTIL, watch: null, madeAt: UNTIL, version: '0.2.0' };
  return compiler.report({ ...asked, coverage: [], checkpoint, key: 'acme+1a2b3c4d+AAAA' });
}

describe('the report as a page', () => {
  const html = reportHtml(aReport());

  it('stands alone: no script, no style beside its own, nothing that is fetched', () => {
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(html).not.toMatch(/<script|<link|<img|\sstyle=|\son\w+=|url\(|@import|src=/i);
    expect(html.match(/<style>/g)).toHaveLength(1);
  });

  it('shows each number, each restore, and each mark of it', () => {
    expect(html).toMatch(/<b class="">200<\/b>restores/);
    expect(html).toMatch(/<b class="bad">12<\/b>failed/);
    expect(html).toMatch(/<b class="warn">3<\/b>times a drill overdue/);
    expect(html).toMatch(/<b class="warn">1<\/b>not attested in time/);
    expect(html).toContain('99.969 %');
    const rows = /<tbody>(<tr><td class="w">2026-.*?)<\/tbody>/s.exec(html)?.[1] ?? '';
    expect(rows.match(/<tr>/g)).toHaveLength(200);
    expect(html.match(/<circle class="s\d" cx="\d/g)).toHaveLength(188 + 4);
    expect(html.match(/<path class="failed"/g)).toHaveLength(12 + 1);
    for (const words of [
      'monthly-billing: not attested',
      'OPS-10',
      '550 no such user',
      'acme+1a2b3c4d+AAAA',
      'Reviewed by',
    ])
      expect(html).toContain(words);
  });

  it('escapes whatever comes from Atlas, the configuration or a person', () => {
    const report = aReport();
    const [row] = report.restores;
    const evil = `<img src=x onerror="a()">'&`;
    const hostile = {
      ...row!,
      ...{
        watch: evil,
        instanceName: evil,
        targetClusterName: evil,
        state: 'failed' as const,
        errorMessage: evil,
      },
      actor: { confidence: 'exact' as const, id: evil, name: evil, address: null },
      drills: [{ name: evil, reasons: [evil] }],
      attestation: { at: 0, result: 'passed' as const, by: evil, ticket: evil, note: evil, cleanUp: null },
      told: [{ channel: evil, firstAt: 0, givenUp: 1 }],
    };
    const page = reportHtml({ ...report, watch: evil, version: evil, restores: [hostile] });
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;img src=x onerror=&quot;a()&quot;&gt;&#39;&amp;');
  });

  it('says from when on there is a record, where that begins within the period', () => {
    expect(html).not.toContain('No record yet');
    const later = { ...aReport(), recordFrom: SINCE + 86_400_000, blind: [] };
    const page = reportHtml(later);
    expect(page).toMatch(/No record yet before [^:]*2026-07-02/);
    expect(page).toContain('Never since then: every watch saw all the time.');
    expect(JSON.parse(JSON.stringify(reportView(later))).recordFrom).toBe('2026-07-02T00:00:00.000Z');
  });

  it('says it plainly where the log is not whole, or nothing happened', () => {
    const report = aReport();
    const broken = { entry: 9, what: 'entry 9 was changed after it was written' };
    const integrity = { ...report.integrity, broken, checkpoint: null, key: null };
    const empty = { ...report, restores: [], drills: [], blind: [], undelivered: [], integrity };
    const page = reportHtml(empty);
    for (const words of [
      'The audit log is not whole: entry 9',
      'None began in this period',
      'No restore drill is agreed',
      'Never: every watch saw',
    ])
      expect(page).toContain(words);
    expect(page).not.toContain('<svg');
  });
});

describe('the report for other programs', () => {
  it('has a line for each restore, with a column for each fact, none of which is a formula', () => {
    const report = aReport();
    const lines = reportCsv(report).split('\r\n');
    expect(lines).toHaveLength(202);
    const columns = lines[0]?.split(',') ?? [];
    expect(columns).toContain('actor_confidence');
    expect(lines.slice(1, -1).every((line) => !line.includes('{'))).toBe(true);
    const [row] = report.restores;
    const odd = { ...row!, errorMessage: '=1+1', watch: 'a,"b"' };
    const line = reportCsv({ ...report, restores: [odd] }).split('\r\n')[1];
    expect(line).toContain(`,'=1+1,`);
    expect(line).toContain('"a,""b"""');
  });

  it('is JSON with instants as ISO 8601', () => {
    const view = JSON.parse(JSON.stringify(reportView(aReport())));
    expect(view.period).toEqual({
      since: '2026-07-01T00:00:00.000Z',
      until: '2026-10-01T00:00:00.000Z',
      timeZone: 'UTC',
    });
    expect(view.restores).toHaveLength(200);
    expect(view.restores[0].beganAt).toMatch(/^2026-07-01T/);
  });
});
