import type { Timestamp } from '../../domain/instant.ts';
import { type Arrival, DEMO_CHANNELS, type DemoChannel } from './arrivals.ts';

/** Something that happened to a job in Atlas, and has to be told. */
export interface Change {
  jobId: string;
  event: string;
  /** `orders → orders-copy` */
  what: string;
  at: Timestamp;
  /** What is special about it; one or two words. */
  note: string;
}

/** What one channel heard of a change. */
export interface Hearing {
  /** From the change to the arrival of the message that was accepted. */
  latencyMs: number;
  /** Attempts, refused ones included. */
  attempts: number;
}

/** A change with what each channel heard of it; `null` for nothing (yet). */
export interface ToldChange extends Change {
  heard: Record<DemoChannel, Hearing | null>;
}

/** How what was told compares with what had to be told. */
export interface Tally {
  changes: ToldChange[];
  /** Messages that told an event again which the same channel had accepted before. */
  duplicates: number;
  /** Events that were told although nothing in the story stands for them. */
  strays: number;
  /** Deliveries that the story demands and that did not come. */
  lost: number;
  /** Accepted ones. */
  messages: number;
  webhooks: number;
  /** Webhooks whose signature is right. */
  verified: number;
}

/** What was done in Atlas, what arrived, and how the two go together. */
export function tally(changes: readonly Change[], arrivals: readonly Arrival[]): Tally {
  const accepted = arrivals.filter(({ isAccepted }) => isAccepted);
  const keys = eventKeys(arrivals);
  const told = changes.map((change) => ({
    ...change,
    heard: Object.fromEntries(
      DEMO_CHANNELS.map((channel) => [channel, hearingOf(change, channel, arrivals, keys)]),
    ) as ToldChange['heard'],
  }));
  const known = new Set(changes.map(keyOf));
  const eventIds = new Set(accepted.flatMap((arrival) => arrival.eventIds));
  return {
    changes: told,
    duplicates: countDuplicates(accepted),
    strays: [...eventIds].filter((id) => !known.has(keys.get(id) ?? '')).length,
    lost: told.flatMap(({ heard }) => Object.values(heard)).filter((hearing) => hearing === null).length,
    messages: accepted.length,
    webhooks: accepted.filter(({ channel }) => channel === 'webhook').length,
    verified: accepted.filter(({ isVerified }) => isVerified === true).length,
  };
}

/** True when every change has been heard of on every channel. */
export function isComplete({ lost }: Tally): boolean {
  return lost === 0;
}

function hearingOf(
  change: Change,
  channel: DemoChannel,
  arrivals: readonly Arrival[],
  keys: ReadonlyMap<string, string>,
): Hearing | null {
  const attempts = arrivals.filter(
    (arrival) => arrival.channel === channel && arrival.eventIds.some((id) => keys.get(id) === keyOf(change)),
  );
  const index = attempts.findIndex(({ isAccepted }) => isAccepted);
  const taken = attempts[index];
  return taken ? { latencyMs: taken.at - change.at, attempts: index + 1 } : null;
}

/** Which change an event id stands for. Mail and webhook say it; Slack messages carry the id alone. */
function eventKeys(arrivals: readonly Arrival[]): Map<string, string> {
  return new Map(
    arrivals.flatMap(({ about, eventIds }) =>
      about ? eventIds.map((id) => [id, keyOf(about)] as const) : [],
    ),
  );
}

function keyOf({ jobId, event }: { jobId: string; event: string }): string {
  return `${jobId} ${event}`;
}

function countDuplicates(accepted: readonly Arrival[]): number {
  const seen = new Set<string>();
  let duplicates = 0;
  for (const { channel, eventIds } of accepted) {
    for (const key of eventIds.map((id) => `${channel} ${id}`)) {
      if (seen.has(key)) duplicates += 1;
      seen.add(key);
    }
  }
  return duplicates;
}

/** The names of the secrets that stand in one of the texts, each as often as it is found. */
export function findSecrets(
  secrets: ReadonlyArray<{ name: string; value: string }>,
  texts: Iterable<string>,
): string[] {
  const found: string[] = [];
  for (const text of texts) {
    for (const { name, value } of secrets) {
      if (text.includes(value)) found.push(name);
    }
  }
  return found;
}
