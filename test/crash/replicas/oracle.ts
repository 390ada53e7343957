import type { Timestamp } from '../../../src/domain/instant.ts';
import type { Channel, Receipt } from '../receivers.ts';
import type { CountInput } from '../storm-count.ts';
import type { Lifetime } from './replica.ts';
import type { DeliveryChange, Testimony } from './witness.ts';

/** Something that was done to a replica, or to the database and so to all of them (`replica: null`). */
export interface Disturbance {
  what: string;
  replica: string | null;
  from: Timestamp;
  to: Timestamp;
}

/** Who was which process when, by the name of the replica. */
export type Lifetimes = ReadonlyMap<string, readonly Lifetime[]>;

/** What it takes to note that all is well again, at most: an outcome that could not be recorded is tried again for some seconds. */
const AFTERMATH_MS = 10_000;

/**
 * Explains repeats by disturbances: see `CountInput.causeOf`. The attempt that was accepted must have been on its way, from its claim to
 * the next one, when the replica that made it (or the database) was disturbed; so each attempt explains one repeat. And somebody must know
 * of it: the audit log of an attempt that was cut off, or the delivery of one that was counted as failed.
 */
export function explainedByDisturbances({
  channel,
  deliveries,
  disturbances,
  interrupted,
}: {
  channel: Channel;
  deliveries: readonly DeliveryChange[];
  disturbances: readonly Disturbance[];
  /** As in `KillFacts`. */
  interrupted: ReadonlySet<string>;
}): CountInput['causeOf'] {
  const byId = Map.groupBy(deliveries, ({ id }) => id);
  return ({ eventId, before, now }) => {
    const changes = byId.get(`${eventId}:${channel}`) ?? [];
    const claims = changes.filter(({ started }, index) => started > (changes[index - 1]?.started ?? 0));
    const index = claims.findLastIndex(({ at }) => at <= before.at);
    const [claim, next] = [claims[index], claims[index + 1]];
    if (claim === undefined || next === undefined || next.at > now.at) return null;
    const isKnown = interrupted.has(eventId) || next.finished >= claim.started;
    const cause = disturbances.find(
      ({ replica, from, to }) =>
        (replica === null || replica === before.sentBy) && from <= next.at && to + AFTERMATH_MS >= claim.at,
    );
    return isKnown ? (cause ?? null) : null;
  };
}

/**
 * Messages that a replica has sent for a channel that was not its own at that time, by the leases as the database has them. In words.
 */
export function sentByOthers(
  channel: Channel,
  receipts: readonly Receipt[],
  { leases, life }: Pick<Testimony, 'leases' | 'life'>,
  lifetimes: Lifetimes,
): string[] {
  const changes = leases.filter(({ unit }) => unit === `channel:${channel}`);
  return receipts.flatMap(({ at, sentBy, eventIds }) => {
    const process = (lifetimes.get(sentBy ?? '') ?? []).findLast(({ from }) => from <= at);
    const owner = changes.findLast((change) => change.at <= at)?.owner ?? null;
    const until = life.findLast((sign) => sign.replica === owner && sign.at <= at)?.until ?? 0;
    const isOurs = process !== undefined && (owner?.includes(`:${process.pid}#`) ?? false) && at < until;
    if (isOurs) return [];
    const who = `${sentBy} (process ${process?.pid})`;
    const whose = `it was held by ${owner} until ${new Date(until).toISOString()}`;
    return [`${new Date(at).toISOString()} ${who} sent ${eventIds.join(' ')} to ${channel}; ${whose}`];
  });
}

/** The most requests within any minute that one project got. */
export function mostPerMinute(requests: ReadonlyArray<{ path: string; at: Timestamp }>): number {
  const perProject = Map.groupBy(requests, ({ path }) => /\/groups\/([0-9a-f]{24})/.exec(path)?.[1] ?? '');
  perProject.delete('');
  return Math.max(0, ...[...perProject.values()].map((those) => mostWithin(those.map(({ at }) => at))));
}

const MINUTE_MS = 60_000;

function mostWithin(times: readonly Timestamp[]): number {
  let first = 0;
  let most = 0;
  for (const [index, at] of times.entries()) {
    while ((times[first] ?? at) <= at - MINUTE_MS) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

/** Attempts that the audit log has more than once, by delivery and number. */
export function auditedTwice(
  entries: ReadonlyArray<{ kind: string; deliveryId: string; attempt: number }>,
): string[] {
  const attempts = entries
    .filter(({ kind }) => kind === 'delivery.attempted')
    .map(({ deliveryId, attempt }) => `${deliveryId}, attempt ${attempt}`);
  return [...Map.groupBy(attempts, (attempt) => attempt)]
    .filter(([, those]) => those.length > 1)
    .map(([attempt]) => attempt);
}
