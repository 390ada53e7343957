import type { Timestamp } from '../../src/domain/instant.ts';
import { CHANNELS, type Channel, type Receipt } from './receivers.ts';

/** An event as the store has it. */
export interface StormEvent {
  id: string;
  jobId: string;
  name: string;
}

/** What one channel's receiver got. */
export interface ChannelCount {
  messages: number;
  /** Different events. */
  events: number;
  lost: number;
  /** Messages that tell something again. */
  repeats: number;
  /** Repeats between which the daemon was not killed, or of which the audit log knows no interrupted attempt. */
  unexplained: number;
  /** Ids that the store does not know: a repeat under another id would be one. */
  strangers: number;
  /** Events of one job that came in another order than that of life, repeats aside. */
  outOfOrder: number;
}

export interface StormReport {
  jobs: number;
  kills: number;
  /** Events that had to arrive, for each channel. */
  expected: number;
  channels: Record<Channel, ChannelCount>;
  /** Milestones of a job that the store holds more than once. */
  recordedTwice: number;
  /** What `audit verify` found, after every kill and at the end. */
  auditProblems: string[];
  /** After SIGTERM, at the end. */
  exitCode: number | null;
  seconds: number;
}

export interface CountInput {
  receipts: readonly Receipt[];
  events: readonly StormEvent[];
  expected: number;
  /** When a daemon began that followed a killed one. */
  restartedAt: readonly Timestamp[];
  /** Ids of events of which an attempt to tell this channel was cut off, as the audit log has it. */
  interrupted: ReadonlySet<string>;
}

export function countChannel({
  receipts,
  events,
  expected,
  restartedAt,
  interrupted,
}: CountInput): ChannelCount {
  const known = new Set(events.map(({ id }) => id));
  const firstAt = new Map<string, Timestamp>();
  const strangers = new Set<string>();
  let repeats = 0;
  let unexplained = 0;
  for (const { at, eventIds } of receipts) {
    const again = eventIds.filter((id) => firstAt.has(id));
    if (again.length > 0) repeats += 1;
    for (const id of again) {
      const before = firstAt.get(id) ?? at;
      const isKillBetween = restartedAt.some((restart) => before < restart && restart <= at);
      if (!isKillBetween || !interrupted.has(id)) unexplained += 1;
    }
    for (const id of eventIds) {
      if (!known.has(id)) strangers.add(id);
      else if (!firstAt.has(id)) firstAt.set(id, at);
    }
  }
  return {
    messages: receipts.length,
    events: firstAt.size,
    lost: expected - firstAt.size,
    repeats,
    unexplained,
    strangers: strangers.size,
    outOfOrder: countDisorder([...firstAt.keys()], events),
  };
}

/** `ids` in the order of their first arrival. */
function countDisorder(ids: readonly string[], events: readonly StormEvent[]): number {
  const byId = new Map(events.map((event) => [event.id, event]));
  const ended = new Set<string>();
  let disorder = 0;
  for (const id of ids) {
    const { jobId, name } = byId.get(id) ?? { jobId: '', name: '' };
    if (name !== 'started') ended.add(jobId);
    else if (ended.has(jobId)) disorder += 1;
  }
  return disorder;
}

export function countRecordedTwice(events: readonly StormEvent[]): number {
  return events.length - new Set(events.map(({ jobId, name }) => `${jobId} ${name}`)).size;
}

/** What the storm must not have done, in words; empty when it has done no harm. */
export function violationsOf(report: StormReport): string[] {
  const { kills, channels, recordedTwice, auditProblems, exitCode } = report;
  const repeats = CHANNELS.reduce((sum, channel) => sum + channels[channel].repeats, 0);
  return [
    ...CHANNELS.flatMap((channel) =>
      (['lost', 'unexplained', 'strangers', 'outOfOrder'] as const)
        .filter((what) => channels[channel][what] !== 0)
        .map((what) => `${channel}: ${channels[channel][what]} ${what}`),
    ),
    ...(repeats > kills ? [`${repeats} messages were repeated in ${kills} kills`] : []),
    ...(recordedTwice > 0 ? [`${recordedTwice} milestones were recorded twice`] : []),
    ...auditProblems.map((problem) => `audit verify: ${problem}`),
    ...(exitCode === 0 ? [] : [`the last daemon ended with ${exitCode}`]),
  ];
}
