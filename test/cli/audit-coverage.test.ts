import { describe, expect, it } from 'vitest';
import type { RecordedCoverage } from '../../src/store/ports/evidence/coverage.ts';
import { readingStore } from '../support/reading-store.ts';
import { cli } from './harness.ts';

const at = (minute: number): number => Date.UTC(2026, 10, 2, 8, minute);
const iso = (minute: number): string => new Date(at(minute)).toISOString();
const PLACE = { watch: 'orders', groupId: 'g', instanceName: 'orders', slackMs: 0 };

/** Watched for ten minutes, then not for five, and then until the watcher stopped. */
const RECORD: RecordedCoverage = {
  spans: [
    { ...PLACE, writer: 'a', number: 1, from: at(0), to: at(10), cause: 'role', until: at(15) },
    { ...PLACE, writer: 'a', number: 2, from: at(15), to: null, cause: null, until: null },
  ],
  writers: [{ id: 'a', startedAt: at(0), aliveAt: at(30), endedAt: at(30) }],
};
const GAPS = [
  { from: iso(10), to: iso(15), cause: 'role' },
  { from: iso(30), to: iso(40), cause: 'stopped' },
];
const period = ['--since', iso(0), '--until', iso(40)];
const parts = () => ({ store: readingStore({ coverage: RECORD }) });

describe('audit coverage', () => {
  it('says when an instance was watched, and each gap with its cause', async () => {
    const { code, out } = await cli(['audit', 'coverage', ...period], parts());
    expect(code).toBe(0);
    expect(out).toContain('orders: orders in project g');
    expect(out).toContain('62.500 % of 40 min watched, 2 gaps');
    expect(out).toContain(`${iso(10)}  ${iso(15)}  5 min  role: the credential lacked the role`);
    expect(out).toContain(`${iso(30)}  ${iso(40)}  10 min  stopped: the watcher was stopped`);
  });

  it('says it to scripts', async () => {
    const { out } = await cli(['audit', 'coverage', ...period, '--json'], parts());
    expect(out.endsWith('}\n')).toBe(true);
    expect(JSON.parse(out)).toMatchObject({
      since: iso(0),
      until: iso(40),
      ratio: 0.625,
      items: [
        {
          watch: 'orders',
          intervals: [
            { from: iso(0), to: iso(10) },
            { from: iso(15), to: iso(30) },
          ],
          gaps: GAPS,
        },
      ],
    });
  });

  it('notes that a watch is not configured, and takes times as every command does', async () => {
    const { err } = await cli(['audit', 'coverage', '--since', '90m', '--watch', 'order'], parts());
    expect(err).toContain('note: no watch order is configured');
    const odd = await cli(['audit', 'coverage', '--since', 'yesterday'], parts());
    expect(odd).toMatchObject({ code: 2, err: expect.stringContaining('Expected a time such as') });
  });

  it('says so where nothing is on record, and refuses a period that is none', async () => {
    const nothing = await cli(['audit', 'coverage', ...period], { store: readingStore() });
    expect(nothing.out).toContain('Nothing is on record of what was watched then.');
    const turned = await cli(['audit', 'coverage', '--since', iso(40), '--until', iso(0)], parts());
    expect(turned).toMatchObject({
      code: 2,
      err: expect.stringContaining('--since has to lie before --until'),
    });
  });
});
