import type { Timestamp } from '../../src/domain/instant.ts';
import { CHANNELS, type Channel, type Receipt } from './receivers.ts';

/** An event as the store has it. */
export interface StormEvent {
  id: string;
  /** `null`: it is not about a job. Nobody counts on those, and they may come. */
  jobId: string | null;
  name: string;
  /** Kept from everybody by a mute. */
  isMuted: boolean;
}

/** What one channel's receiver got. */
export interface ChannelCount {
  /** Messages that the receiver did not accept: an error, silence, a cut connection. */
  refused: number;
  /** Messages that it accepted. In Slack's case one may tell of several events. */
  messages: number;
  /** Different events about jobs. */
  events: number;
  lost: number;
  /** Messages that tell something again. */
  repeats: number;
  /** The most of them that one kill, or whatever else cuts a send off, has caused: several deliveries may be in hand at a kill, and each may be repeated once. */
  mostPerKill: number;
  /** Deliveries that were repeated without need: see `CountInput.causeOf`. */
  unexplained: number;
  /** Ids that the store does not know, and milestones of a job that came under more than one id. */
  foreign: number;
  /** Events of one job that came in another order than that of life, repeats aside. */
  outOfOrder: number;
}

/** A daemon from its start until it was killed; the last one ended in order. */
export interface Life {
  startedAt: Timestamp;
  /** Ids of deliveries that it had claimed when it was killed, and of which it had recorded no outcome. */
  inHand: ReadonlySet<string>;
}

export interface StormReport {
  jobs: number;
  /** What others did meanwhile, and how often. */
  deeds: Readonly<Record<string, number>>;
  /** What the commands of others said that failed. */
  failedCommands: string[];
  /** Events about jobs that a mute kept from everybody. */
  muted: number;
  kills: number;
  /** Of the kills, at each named point. */
  atEachPoint: number;
  /** How many named points that were. */
  points: number;
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

/** An event that came again, with the message that told it last before that. */
export interface Repeat {
  eventId: string;
  before: Receipt;
  now: Receipt;
}

export interface CountInput {
  receipts: readonly Receipt[];
  refused: number;
  events: readonly StormEvent[];
  expected: number;
  /** What may have caused that an event came again: the same value for all that has the same cause; `null`: nothing may. */
  causeOf: (repeat: Repeat) => unknown;
  /** Ids of events that this channel was given up for at some time: they come again behind what followed them. */
  givenUp: ReadonlySet<string>;
}

export function countChannel(input: CountInput): ChannelCount {
  const { receipts, refused, events, expected, givenUp } = input;
  const known = new Map(events.map((event) => [event.id, event]));
  const arrived = [...new Set(receipts.flatMap(({ eventIds }) => eventIds))];
  const strangers = arrived.filter((id) => !known.has(id));
  const told = arrived.flatMap((id) => known.get(id) ?? []).filter(isAboutJob);
  const milestones = new Set(told.map(milestoneOf));
  return {
    refused,
    messages: receipts.length,
    events: milestones.size,
    lost: expected - milestones.size - countMuted(events),
    ...countRepeats(input),
    foreign: strangers.length + told.length - milestones.size,
    outOfOrder: countDisorder(told.filter(({ id }) => !givenUp.has(id))),
  };
}

function countRepeats({
  receipts,
  causeOf,
}: CountInput): Pick<ChannelCount, 'repeats' | 'mostPerKill' | 'unexplained'> {
  const toldBy = new Map<string, Receipt>();
  const perCause = new Map<unknown, number>();
  let repeats = 0;
  let unexplained = 0;
  for (const now of receipts) {
    const again = now.eventIds.flatMap((eventId) => {
      const before = toldBy.get(eventId);
      toldBy.set(eventId, now);
      return before === undefined ? [] : [{ eventId, before, now }];
    });
    if (again.length === 0) continue;
    repeats += 1;
    const causes = again.map(causeOf);
    unexplained += causes.filter((cause) => cause === null).length;
    for (const cause of new Set(causes)) perCause.set(cause, (perCause.get(cause) ?? 0) + 1);
  }
  perCause.delete(null);
  return { repeats, mostPerKill: Math.max(0, ...perCause.values()), unexplained };
}

/** What explains repeats where one daemon after the other is killed. */
export interface KillFacts {
  channel: Channel;
  /** In order. */
  lives: readonly Life[];
  /** Ids of events of which an attempt to tell this channel was cut off, as the audit log has it. */
  interrupted: ReadonlySet<string>;
}

/**
 * Explains repeats by kills: see `CountInput.causeOf`. Whoever tells an event again must have been killed since it was told before; the
 * event must have been in hand to this channel when that kill fell, by the store; and the audit log must know of an attempt that was cut
 * off. So a kill explains one repeat of each delivery in hand, and no second one.
 */
export function explainedByKills({ channel, lives, interrupted }: KillFacts): CountInput['causeOf'] {
  const lifeAt = (at: Timestamp): number => lives.findLastIndex(({ startedAt }) => startedAt <= at);
  return ({ eventId, before, now }) => {
    const killed = lifeAt(before.at);
    const wasInHand = lives[killed]?.inHand.has(`${eventId}:${channel}`) ?? false;
    return killed < lifeAt(now.at) && wasInHand && interrupted.has(eventId) ? killed : null;
  };
}

/** `events` in the order of their first arrival. */
function countDisorder(events: readonly StormEvent[]): number {
  const ended = new Set<string | null>();
  let disorder = 0;
  for (const { jobId, name } of events) {
    if (name !== 'started') ended.add(jobId);
    else if (ended.has(jobId)) disorder += 1;
  }
  return disorder;
}

function countMuted(events: readonly StormEvent[]): number {
  return events.filter((event) => isAboutJob(event) && event.isMuted).length;
}

export function countRecordedTwice(events: readonly StormEvent[]): number {
  const told = events.filter(isAboutJob);
  return told.length - new Set(told.map(milestoneOf)).size;
}

function isAboutJob({ jobId }: StormEvent): boolean {
  return jobId !== null;
}

function milestoneOf({ jobId, name }: StormEvent): string {
  return `${jobId} ${name}`;
}

/** What the storm must not have done, in words; empty when it has done no harm. */
export function violationsOf(report: StormReport): string[] {
  const { channels, recordedTwice, auditProblems, failedCommands, exitCode } = report;
  return [
    ...CHANNELS.flatMap((channel) =>
      (['lost', 'unexplained', 'foreign', 'outOfOrder'] as const)
        .filter((what) => channels[channel][what] !== 0)
        .map((what) => `${channel}: ${channels[channel][what]} ${what}`),
    ),
    ...(recordedTwice > 0 ? [`${recordedTwice} milestones were recorded twice`] : []),
    ...auditProblems.map((problem) => `audit verify: ${problem}`),
    ...failedCommands.map((failure) => `beside the daemon: ${failure}`),
    ...(exitCode === 0 ? [] : [`the last daemon ended with ${exitCode}`]),
  ];
}
