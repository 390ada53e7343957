import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { EVENT_NAMES } from '../../../src/domain/event/event.ts';
import type { ToldChange } from '../../../src/simulator/demo/ledger.ts';
import { createPaint, lookOf, lookOfWords } from '../../../src/simulator/demo/style.ts';
import {
  type DemoLeftovers,
  type DemoOutcome,
  formatSummary,
  isFlawless,
} from '../../../src/simulator/demo/summary.ts';
import { anEvent, jobId } from '../../support/builders.ts';

const heard = { latencyMs: 640, attempts: 1 };
const change: ToldChange = {
  jobId: jobId(7),
  event: 'failed',
  what: 'orders → orders-copy',
  note: 'both flags set',
  at: 0,
  heard: { slack: { latencyMs: 6_120, attempts: 2 }, mail: heard, webhook: heard },
};
const outcome: DemoOutcome = {
  tally: { changes: [change], lost: 0, duplicates: 0, strays: 0, messages: 3, webhooks: 1, verified: 1 },
  elapsedMs: 48_000,
  requests: { total: 98, logins: 1, tokens: 1, refusedLogins: 0, faulty: 15 },
  watches: 2,
  pastJobs: 120,
  secrets: { lookedFor: 5, found: [] },
};
const leftovers: DemoLeftovers = { secretsFound: [], audit: { entries: 274, problems: [] } };

function summaryOf(over: Partial<DemoOutcome> = {}, left: Partial<DemoLeftovers> = {}): string[] {
  return formatSummary({ ...outcome, ...over }, { ...leftovers, ...left }, (_, text) => text);
}

describe('the summary', () => {
  it('says for each change how long it took to each channel', () => {
    expect(summaryOf()).toContain(
      '  ✖ failed     6ae8…0007  orders → orders-copy         6.1 s    0.6 s    0.6 s   both flags set',
    );
    expect(summaryOf().join('\n')).toContain('half within 0.6 s, all within 6.1 s.');
  });

  it('gives the account', () => {
    const account = summaryOf().filter(
      (line) => /^ {2}[✔✖] \S.* {3}\S/.test(line) && !line.includes('…0007'),
    );
    expect(account.map((line) => line.slice(2, 30).trimEnd())).toEqual([
      '✔ told                    3',
      '✔ lost                    0',
      '✔ told twice              0',
      '✔ told for no reason      0',
      '✔ secrets seen            0',
      '✔ signatures verified     1',
      '✔ requests to Atlas      98',
      '✔ audit entries         274',
    ]);
  });

  it('fits into 100 columns, whatever stands in it', () => {
    const long = { ...change, what: 'x'.repeat(200), note: 'y'.repeat(200) };
    const problems = ['z'.repeat(200)];
    const lines = summaryOf(
      { tally: { ...outcome.tally, changes: [long] } },
      { audit: { entries: 1, problems } },
    );
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(100);
  });

  it('shows what was lost', () => {
    const lost = { ...change, heard: { ...change.heard, mail: null } };
    const text = summaryOf({ tally: { ...outcome.tally, changes: [lost], lost: 1 } }).join('\n');
    expect(text).toMatch(/orders-copy +6\.1 s +lost +0\.6 s/);
    expect(text).toMatch(/✖ lost +1/);
    expect(text).toMatch(/✖ told +2/);
  });

  it('names the secrets that were seen, once each', () => {
    const secrets = { lookedFor: 5, found: ['API key', 'API key'] };
    const text = summaryOf({ secrets }, { secretsFound: ['Slack URL', 'API key'] }).join('\n');
    expect(text).toMatch(/✖ secrets seen +2 {3}API key, Slack URL/);
  });
});

describe('a run is flawless', () => {
  it('when all arrived once, and nothing leaked', () => {
    expect(isFlawless(outcome, leftovers)).toBe(true);
  });

  it.each<[string, Partial<DemoOutcome>, Partial<DemoLeftovers>]>([
    ['lost', { tally: { ...outcome.tally, lost: 1 } }, {}],
    ['told twice', { tally: { ...outcome.tally, duplicates: 1 } }, {}],
    ['told for no reason', { tally: { ...outcome.tally, strays: 1 } }, {}],
    ['not signed right', { tally: { ...outcome.tally, verified: 0 } }, {}],
    ['leaked in a message', { secrets: { lookedFor: 5, found: ['API key'] } }, {}],
    ['leaked in a file', {}, { secretsFound: ['API key'] }],
    ['refused at the login', { requests: { ...outcome.requests, refusedLogins: 1 } }, {}],
    ['changed in the audit log', {}, { audit: { entries: 274, problems: ['entry 3'] } }],
  ])('but not when something was %s', (_, over, left) => {
    expect(isFlawless({ ...outcome, ...over }, { ...leftovers, ...left })).toBe(false);
  });
});

it('knows every event of a job by the words that tell it', () => {
  const names = EVENT_NAMES.filter((name) => lookOf(name) !== lookOf('nothing'));
  expect(names).toEqual(['started', 'ready', 'finished', 'failed', 'cancelled', 'expired', 'missing']);
  for (const name of names) expect(lookOfWords(anEvent(name).summary), name).toBe(lookOf(name));
});

it('colours a terminal, and nothing else', () => {
  const file = new PassThrough();
  const terminal = Object.assign(new PassThrough(), { isTTY: true });
  expect(createPaint(file)('red', 'text')).toBe('text');
  const { NO_COLOR, FORCE_COLOR, NODE_DISABLE_COLORS } = process.env;
  if (NO_COLOR ?? FORCE_COLOR ?? NODE_DISABLE_COLORS) return;
  expect(createPaint(terminal)('red', 'text')).toBe('\u001b[31mtext\u001b[39m');
});
