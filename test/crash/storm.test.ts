import { describe, expect, it } from 'vitest';
import { runStorm } from './storm.ts';
import { type CountInput, countChannel, type StormReport, violationsOf } from './storm-count.ts';

describe('a daemon that is killed again and again while jobs change', () => {
  it('loses nothing, and repeats only what a kill cut off, under the same id', async () => {
    const said: string[] = [];
    const report = await runStorm({ kills: 5, jobs: 15, log: (text) => said.push(text) });
    expect(violationsOf(report), said.at(-1)).toEqual([]);
    // The storm itself must have been one: every channel has been told of everything.
    expect(report.channels).toMatchObject({
      webhook: { events: 30 },
      slack: { events: 30 },
      email: { events: 30 },
    });
  });
});

describe('the count after a storm', () => {
  const SOUND: CountInput = {
    events: [
      { id: 'a1', jobId: 'a', name: 'started' },
      { id: 'a2', jobId: 'a', name: 'finished' },
    ],
    expected: 2,
    receipts: [
      { at: 10, eventIds: ['a1'] },
      { at: 30, eventIds: ['a1', 'a2'] },
    ],
    restartedAt: [20],
    interrupted: new Set(['a1']),
  };

  it('takes a repeat for what a kill may do', () => {
    expect(countChannel(SOUND)).toEqual({
      messages: 2,
      events: 2,
      lost: 0,
      repeats: 1,
      unexplained: 0,
      strangers: 0,
      outOfOrder: 0,
    });
  });

  it.each<[string, Partial<CountInput>, object]>([
    ['a lost event', { receipts: SOUND.receipts.slice(0, 1) }, { lost: 1 }],
    ['a repeat without a kill', { restartedAt: [5, 40] }, { unexplained: 1 }],
    ['a repeat that the audit log does not know', { interrupted: new Set() }, { unexplained: 1 }],
    [
      'a twin under another id',
      { receipts: [...SOUND.receipts, { at: 31, eventIds: ['b1'] }] },
      { strangers: 1, lost: 0 },
    ],
    ['an end before its start', { receipts: [{ at: 10, eventIds: ['a2', 'a1'] }] }, { outOfOrder: 1 }],
  ])('finds %s', (_what, over, found) => {
    expect(countChannel({ ...SOUND, ...over })).toMatchObject(found);
  });

  it('names every violation', () => {
    const channel = countChannel(SOUND);
    const report: StormReport = {
      jobs: 1,
      kills: 3,
      expected: 2,
      channels: { webhook: channel, slack: channel, email: channel },
      recordedTwice: 0,
      auditProblems: [],
      exitCode: 0,
      seconds: 1,
    };
    expect(violationsOf(report)).toEqual([]);
    const harmed: StormReport = {
      ...report,
      kills: 2,
      channels: { ...report.channels, slack: { ...channel, lost: 1, outOfOrder: 1 } },
      recordedTwice: 1,
      auditProblems: ['file, line 3: torn'],
      exitCode: null,
    };
    expect(violationsOf(harmed)).toEqual([
      'slack: 1 lost',
      'slack: 1 outOfOrder',
      '3 messages were repeated in 2 kills',
      '1 milestones were recorded twice',
      'audit verify: file, line 3: torn',
      'the last daemon ended with null',
    ]);
  });
});
