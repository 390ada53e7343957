import type { WatcherEvent } from '../event/event.ts';
import type { Timestamp } from '../instant.ts';
import type { Fallback } from '../telling/fallback.ts';
import type { Mute } from '../telling/mute.ts';
import type { Route, SuppressReason } from '../telling/routing.ts';
import { type UnmetCondition, unmetConditions } from './unmet.ts';

/** What became of an event on one channel, as the record has it. */
export interface OwedFact {
  channel: string;
  status: 'pending' | 'delivered' | 'given_up';
  insteadOf: string | null;
  heldUntil: Timestamp | null;
  recipient: string | null;
  endedAt: Timestamp | null;
  nextAttemptAt: Timestamp;
  attemptsStarted: number;
  lastDetail: string | null;
}

/** What is on record of an event and of the telling of it. */
export interface OnRecord<Owed extends OwedFact = OwedFact> {
  event: WatcherEvent;
  suppressed: SuppressReason | null;
  mute: Mute | null;
  deliveries: readonly Owed[];
}

/** The part of the configuration in force now that decides who is told. */
export interface TellingConfig {
  routes: readonly Route[];
  channels: readonly string[];
  fallbacks: readonly Fallback[];
}

/**
 * One reason why a channel was told of an event, or was not. `recorded` is how it was decided then; everything with `basis:
 * 'configuration'` is how the configuration of now would have it, which may be another.
 */
export type Reason =
  | { kind: 'routed'; basis: 'configuration'; routes: number[] }
  /** No route leads there now, and yet it was owed. */
  | { kind: 'routed_then'; basis: 'configuration' }
  | { kind: 'instead_of'; basis: 'recorded'; channel: string }
  | { kind: 'muted'; basis: 'recorded'; mute: Mute | null }
  | { kind: 'baseline'; basis: 'recorded' }
  /** No route took the event then. */
  | { kind: 'no_route'; basis: 'recorded' }
  | { kind: 'unmet'; basis: 'configuration'; route: number; conditions: UnmetCondition[] }
  | { kind: 'unnamed'; basis: 'configuration' }
  /** A route takes it now and did not then: it was changed, or the channel was added. */
  | { kind: 'routed_since'; basis: 'configuration'; routes: number[] }
  /** It stands in for those, and gets what they do not accept. */
  | { kind: 'stands_in'; basis: 'configuration'; channels: string[] }
  /** What is told again goes to the channels whose turn it is. */
  | { kind: 'not_reminded'; basis: 'recorded' }
  /** What is about a channel never goes through it. */
  | { kind: 'itself'; basis: 'recorded' }
  /** The configuration has no such channel any more. */
  | { kind: 'left'; basis: 'configuration' }
  /** The configuration cannot be read, so that nobody can say more. */
  | { kind: 'unknown'; basis: 'configuration' };

/** One channel and one event: what was owed, if anything, and why. */
export interface ChannelWhy<Owed extends OwedFact = OwedFact> {
  channel: string;
  /** Empty: it was not told. */
  deliveries: Owed[];
  reasons: Reason[];
}

/**
 * Explains for every channel, of the configuration or of the record, why it was told of an event or was not. `config` is the one in
 * force now; `null`: it cannot be read, and only the record speaks.
 */
export function explainTelling<Owed extends OwedFact>(
  record: OnRecord<Owed>,
  config: TellingConfig | null,
): Array<ChannelWhy<Owed>> {
  const owed = Map.groupBy(record.deliveries, ({ channel }) => channel);
  const names = new Set([...(config?.channels ?? []), ...owed.keys()]);
  return [...names].map((channel) => {
    const deliveries = owed.get(channel) ?? [];
    const reasons =
      deliveries.length > 0
        ? whyTold(channel, deliveries, record.event, config)
        : whyNotTold(channel, record, config);
    return { channel, deliveries, reasons };
  });
}

function whyTold(
  channel: string,
  deliveries: readonly OwedFact[],
  event: WatcherEvent,
  config: TellingConfig | null,
): Reason[] {
  const insteadOf = [...new Set(deliveries.flatMap((one) => one.insteadOf ?? []))];
  const reasons = insteadOf.map(
    (other): Reason => ({
      kind: 'instead_of',
      basis: 'recorded',
      channel: other,
    }),
  );
  if (config === null) return reasons;
  const left: Reason[] = config.channels.includes(channel) ? [] : [{ kind: 'left', basis: 'configuration' }];
  // A fallback needs no route of its own.
  if (reasons.length > 0) return [...reasons, ...left];
  const { routes } = verdictsFor(channel, event, config);
  if (routes.length > 0) return [{ kind: 'routed', basis: 'configuration', routes }, ...left];
  return left.length > 0 ? left : [{ kind: 'routed_then', basis: 'configuration' }];
}

function whyNotTold(
  channel: string,
  { event, suppressed, mute }: OnRecord,
  config: TellingConfig | null,
): Reason[] {
  if (suppressed === 'baseline') return [{ kind: 'baseline', basis: 'recorded' }];
  if (event.subject.kind === 'channel' && event.subject.channel === channel) {
    return [{ kind: 'itself', basis: 'recorded' }];
  }
  if (config === null) return [{ kind: 'unknown', basis: 'configuration' }];
  const { routes, unmet } = verdictsFor(channel, event, config);
  const standsInFor = config.fallbacks
    .filter(({ fallback }) => fallback === channel)
    .map((fallback) => fallback.channel);
  const standsIn: Reason[] =
    standsInFor.length === 0 ? [] : [{ kind: 'stands_in', basis: 'configuration', channels: standsInFor }];
  if (suppressed === 'muted' && routes.length > 0) return [{ kind: 'muted', basis: 'recorded', mute }];
  if (event.reminder !== null && routes.length > 0) return [{ kind: 'not_reminded', basis: 'recorded' }];
  if (routes.length > 0) {
    const then: Reason[] = suppressed === 'no_route' ? [{ kind: 'no_route', basis: 'recorded' }] : [];
    return [...then, { kind: 'routed_since', basis: 'configuration', routes }];
  }
  if (unmet.length > 0) return [...unmet, ...standsIn];
  return standsIn.length > 0 ? standsIn : [{ kind: 'unnamed', basis: 'configuration' }];
}

/** The routes that lead to the channel: those that take the event, and for the others what is not met. */
function verdictsFor(
  channel: string,
  event: WatcherEvent,
  { routes: all }: TellingConfig,
): { routes: number[]; unmet: Reason[] } {
  const own = event.subject.kind === 'channel' ? event.subject.channel : null;
  if (own === channel) return { routes: [], unmet: [] };
  const routes: number[] = [];
  const unmet: Reason[] = [];
  all.forEach((route, index) => {
    if (!route.channels.includes(channel)) return;
    const conditions = unmetConditions(route, event);
    if (conditions.length === 0) routes.push(index);
    else unmet.push({ kind: 'unmet', basis: 'configuration', route: index, conditions });
  });
  return { routes, unmet };
}
