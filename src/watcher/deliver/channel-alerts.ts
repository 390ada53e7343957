import type { Clock } from '../../clock.ts';
import { alertKey } from '../../domain/event/alert.ts';
import type { EventName } from '../../domain/event/event.ts';
import { formatSpan, type Timestamp } from '../../domain/instant.ts';
import { type NextDigest, type Route, routesPast } from '../../domain/telling/routing.ts';
import { toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Signals } from '../../signals.ts';
import type { AlertStore } from '../../store/ports/alerts.ts';
import type { OutboxReader } from '../../store/ports/outbox.ts';
import { commitAlert } from '../record/commit-alert.ts';
import type { ChannelStatus } from '../status.ts';
import { credibleMs } from '../watch/failing-memory.ts';

/** A channel that accepts nothing for this long counts as failing; one that gives something up does so at once. */
const FAILING_AFTER_MS = 600_000;
const FAULT_KEY = 'channel alerts';

/** Watches over the channels themselves: one that fails cannot tell so itself, so the others do. */
export interface ChannelAlerts {
  /** Loads what was told before. To be called once, before anything is delivered. */
  begin(): Promise<void>;
  /** Watches over these channels from now on; of those that stay it knows what it knew. */
  apply(channels: readonly string[]): void;
  /** A sign of life from outside, about once a second: what is due by the clock alone is looked at. */
  beat(): void;
  status(): ChannelStatus[];
  end(): void;
}

export interface ChannelAlertsDeps {
  store: AlertStore & OutboxReader;
  clock: Clock;
  logger: Logger;
  faultLog: FaultLog;
  signals: Signals;
  /** Those in force: a reload changes them. */
  routes: () => readonly Route[];
  nextDigest: NextDigest;
}

interface State {
  /** Monotonic: of the first failed attempt since the last acceptance. */
  failingSince: number | null;
  /** For how long it had accepted nothing when this process began; counts when the next attempt fails as well. */
  failedBeforeMs: number;
  hasGivenUp: boolean;
  detail: string;
  /** Told, and not recovered since; wall clock. */
  toldAt: Timestamp | null;
}

export function createChannelAlerts(deps: ChannelAlertsDeps): ChannelAlerts {
  const { store, clock, faultLog, signals } = deps;
  let states = new Map<string, State>();
  /** Since when what is raised in the store is raised, by key. */
  let raised = new Map<string, Timestamp>();
  /** For how long channels had accepted nothing at the beginning. */
  let failedBefore = new Map<string, number>();
  let turn: Promise<void> = Promise.resolve();

  const stateAtFirst = (name: string): State => {
    const toldAt = raised.get(keyOf(name)) ?? null;
    return {
      failingSince: toldAt === null ? null : clock.monotonic(),
      failedBeforeMs: failedBefore.get(name) ?? 0,
      hasGivenUp: false,
      detail: '',
      toldAt,
    };
  };

  /** One after the other, so that a failure and a recovery are told in their order. A store that fails now is asked again at the next beat. */
  const inTurn = (work: () => Promise<void>): void => {
    turn = turn
      .then(work)
      .then(() => faultLog.clear(FAULT_KEY, 'Alerts about channels can be recorded again'))
      .catch((thrown: unknown) => {
        const err = toError(thrown);
        faultLog.report(
          FAULT_KEY,
          `An alert about a channel could not be recorded: ${err.message}`,
          { err },
          'error',
        );
      });
  };

  const look = async (name: string, state: State): Promise<void> => {
    const failingForMs = state.failingSince === null ? 0 : clock.monotonic() - state.failingSince;
    const isFailing = state.hasGivenUp || failingForMs >= FAILING_AFTER_MS;
    if (isFailing && state.toldAt === null) {
      const how = state.hasGivenUp
        ? 'has given up on a message'
        : `has accepted nothing for ${formatSpan(failingForMs)}`;
      await tell(deps, name, 'channel_failing', `Channel ${name} ${how}`, state.detail || null);
      state.toldAt = clock.now();
      raised.set(keyOf(name), state.toldAt);
    } else if (!isFailing && state.toldAt !== null && state.failingSince === null) {
      const forMs = clock.now() - state.toldAt;
      await tell(
        deps,
        name,
        'channel_recovered',
        `Channel ${name} accepts messages again`,
        `It was told to be failing ${formatSpan(forMs)} ago.`,
      );
      state.toldAt = null;
      raised.delete(keyOf(name));
    }
  };

  const unsubscribe = signals.on('delivery:recorded', ({ channel, outcome, detail }) => {
    const state = states.get(channel);
    if (!state) return;
    if (outcome === 'delivered') {
      state.failingSince = null;
      state.failedBeforeMs = 0;
      state.hasGivenUp = false;
    } else {
      state.failingSince ??= clock.monotonic() - state.failedBeforeMs;
      state.hasGivenUp ||= outcome === 'given_up';
      state.detail = detail;
    }
    if (state.hasGivenUp || state.toldAt !== null) inTurn(() => look(channel, state));
  });

  return {
    begin: async () => {
      raised = await store.readAlerts();
      const now = clock.now();
      const failing = await store.failingChannels();
      failedBefore = new Map([...failing].map(([name, since]) => [name, credibleMs(since, now) ?? 0]));
    },
    apply: (channels) => {
      const next = channels.map((name): [string, State] => [name, states.get(name) ?? stateAtFirst(name)]);
      states = new Map(next);
    },
    beat: () => {
      for (const [name, state] of states) {
        const isFailing =
          state.hasGivenUp ||
          (state.failingSince !== null && clock.monotonic() - state.failingSince >= FAILING_AFTER_MS);
        const hasRecovered = state.failingSince === null;
        const isDue = state.toldAt === null ? isFailing : hasRecovered;
        if (isDue) inTurn(() => look(name, state));
      }
    },
    status: () =>
      [...states].map(([channel, { toldAt, detail }]) => ({
        channel,
        failing: toldAt === null ? null : { since: toldAt, detail },
      })),
    end: unsubscribe,
  };
}

function keyOf(channel: string): string {
  return alertKey('channel_failing', channel);
}

async function tell(
  deps: ChannelAlertsDeps,
  channel: string,
  name: Extract<EventName, 'channel_failing' | 'channel_recovered'>,
  summary: string,
  note: string | null,
): Promise<void> {
  const isFailing = name === 'channel_failing';
  const event = await commitAlert(
    deps,
    { name, subject: { kind: 'channel', channel }, summary, note },
    { routes: routesPast(channel, deps.routes()), mutes: [], nextDigest: deps.nextDigest },
    isFailing ? { raise: keyOf(channel) } : { clear: keyOf(channel) },
  );
  deps.logger[isFailing ? 'error' : 'info'](summary, {
    channel,
    eventId: event.id,
    ...(note ? { note } : {}),
  });
}
