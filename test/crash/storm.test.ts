import { describe, expect, it } from 'vitest';
import { runStorm } from './storm.ts';
import {
  type ChannelCount,
  type CountInput,
  countChannel,
  countRecordedTwice,
  explainedByKills,
  type KillFacts,
  type StormReport,
  violationsOf,
} from './storm-count.ts';

describe('a daemon that is killed again and again while jobs change and receivers fail', () => {
  it('loses nothing, and repeats only what a kill cut off, under the same id', async () => {
    const said: string[] = [];
    const report = await runStorm({
      atRandom: 4,
      atEachPoint: 1,
      points: ['webhook accepted', 'slack sent', 'email connected', 'poll read'],
      jobs: 12,
      troubles: { share: 0.5, mostPerEvent: 1 },
      otherHands: true,
      log: (text) => said.push(text),
    });
    expect(violationsOf(report), said.join('\n')).toEqual([]);
    // The storm itself must have been one: every channel has been told of everything, not always at once.
    const told = { events: 24 - report.muted };
    expect(report.channels).toMatchObject({ webhook: told, slack: told, email: told });
    expect(report.muted).toBeLessThan(24);
    const counts = Object.values(report.channels);
    expect(counts.some(({ refused }) => refused > 0)).toBe(true);
    expect(counts.some(({ repeats }) => repeats > 0)).toBe(true);
  });
});

describe('the count after a storm', () => {
  type Facts = Omit<CountInput, 'causeOf'> & KillFacts;
  const SOUND: Facts = {
    channel: 'slack',
    refused: 3,
    events: [
      { id: 'a1', jobId: 'a', name: 'started', isMuted: false },
      { id: 'a2', jobId: 'a', name: 'finished', isMuted: false },
      { id: 'c1', jobId: null, name: 'channel_failing', isMuted: false },
    ],
    expected: 2,
    receipts: [
      { at: 10, eventIds: ['a1'] },
      { at: 30, eventIds: ['a1', 'a2', 'c1'] },
    ],
    lives: [
      { startedAt: 0, inHand: new Set(['a1:slack']) },
      { startedAt: 20, inHand: new Set() },
    ],
    interrupted: new Set(['a1']),
    givenUp: new Set(),
  };
  const count = (facts: Facts): ChannelCount => countChannel({ ...facts, causeOf: explainedByKills(facts) });

  it('takes a repeat for what a kill may do', () => {
    expect(count(SOUND)).toEqual({
      refused: 3,
      messages: 2,
      events: 2,
      lost: 0,
      repeats: 1,
      mostPerKill: 1,
      unexplained: 0,
      foreign: 0,
      outOfOrder: 0,
    });
  });

  it('takes one repeat of each delivery in hand for what one kill may do', () => {
    const found = count({
      ...SOUND,
      receipts: [
        { at: 10, eventIds: ['a1'] },
        { at: 11, eventIds: ['a2'] },
        { at: 30, eventIds: ['a1'] },
        { at: 31, eventIds: ['a2'] },
      ],
      lives: [
        { startedAt: 0, inHand: new Set(['a1:slack', 'a2:slack']) },
        { startedAt: 20, inHand: new Set() },
      ],
      interrupted: new Set(['a1', 'a2']),
    });
    expect(found).toMatchObject({ repeats: 2, mostPerKill: 2, unexplained: 0 });
  });

  it.each<[string, Partial<Facts>, Partial<ChannelCount>]>([
    ['a lost event', { receipts: SOUND.receipts.slice(0, 1) }, { lost: 1 }],
    ['a repeat without a kill', { lives: SOUND.lives.slice(0, 1) }, { unexplained: 1 }],
    [
      'a second repeat after one kill',
      { receipts: [...SOUND.receipts, { at: 31, eventIds: ['a1'] }] },
      { repeats: 2, mostPerKill: 1, unexplained: 1 },
    ],
    [
      'a repeat of what was not in hand',
      { lives: SOUND.lives.map((life) => ({ ...life, inHand: new Set(['a1:email']) })) },
      { unexplained: 1 },
    ],
    ['a repeat that the audit log does not know', { interrupted: new Set() }, { unexplained: 1 }],
    [
      'a message that the store does not know',
      { receipts: [...SOUND.receipts, { at: 31, eventIds: ['b1'] }] },
      { foreign: 1, lost: 0 },
    ],
    [
      'a repeat under another id',
      {
        events: [...SOUND.events, { id: 'b1', jobId: 'a', name: 'started', isMuted: false }],
        receipts: [...SOUND.receipts, { at: 31, eventIds: ['b1'] }],
      },
      { foreign: 1, lost: 0 },
    ],
    ['an end before its start', { receipts: [{ at: 10, eventIds: ['a2', 'a1'] }] }, { outOfOrder: 1 }],
  ])('finds %s', (_what, over, found) => {
    expect(count({ ...SOUND, ...over })).toMatchObject(found);
  });

  it('counts on nothing that a mute kept from everybody', () => {
    const events = SOUND.events.map((event) => ({ ...event, isMuted: event.id === 'a2' }));
    const receipts = SOUND.receipts.slice(0, 1);
    expect(count({ ...SOUND, events, receipts })).toMatchObject({ events: 1, lost: 0 });
  });

  it('lets what was given up and redriven come late', () => {
    const receipts = [{ at: 10, eventIds: ['a2', 'a1'] }];
    expect(count({ ...SOUND, receipts, givenUp: new Set(['a1']) })).toMatchObject({ outOfOrder: 0 });
  });

  it('finds a milestone that was recorded twice', () => {
    const twin = { id: 'b1', jobId: 'a', name: 'started', isMuted: false };
    expect(countRecordedTwice(SOUND.events)).toBe(0);
    expect(countRecordedTwice([...SOUND.events, twin])).toBe(1);
  });

  it('names every violation', () => {
    const channel = count(SOUND);
    const report: StormReport = {
      jobs: 1,
      deeds: {},
      failedCommands: [],
      muted: 0,
      kills: 3,
      atEachPoint: 0,
      points: 0,
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
      channels: { ...report.channels, slack: { ...channel, lost: 1, outOfOrder: 1 } },
      recordedTwice: 1,
      auditProblems: ['file, line 3: torn'],
      failedCommands: ['mute add ended with 1: busy'],
      exitCode: null,
    };
    expect(violationsOf(harmed)).toEqual([
      'slack: 1 lost',
      'slack: 1 outOfOrder',
      '1 milestones were recorded twice',
      'audit verify: file, line 3: torn',
      'beside the daemon: mute add ended with 1: busy',
      'the last daemon ended with null',
    ]);
  });
});
