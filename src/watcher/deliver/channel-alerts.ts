import type { Clock } from '../../clock.ts';
import { alertKey } from '../../domain/event/alert.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Signals } from '../../signals.ts';
import type { AlertStore } from '../../store/ports/alerts.ts';
import type { OutboxReader } from '../../store/ports/outbox.ts';
import type { Recorder } from '../record/recorder.ts';
import type { ChannelStatus } from '../status.ts';
import { credibleMs } from '../watch/failing-memory.ts';
import { ChannelCondition, type ChannelNews } from './channel-condition.ts';

const FAULT_KEY = 'channel alerts';

/** Watches over the channels themselves: one that fails cannot tell so itself, so the others do. */
export interface ChannelAlerts {
  /** Loads what was told before. To be called once, before anything is delivered. */
  begin(): Promise<void>;
  /** Watches over these channels from now on; of those that stay it knows what it knew. */
  apply(channels: readonly string[]): void;
  /** A sign of life from outside, about once a second: what is due by the clock alone is looked at. */
  beat(): void;
  status(): Array<Omit<ChannelStatus, 'waitsForMs'>>;
  end(): void;
}

/** What the alerts about channels work with. */
export interface ChannelAlertsDeps {
  store: Pick<AlertStore, 'readAlerts'> & Pick<OutboxReader, 'failingChannels'>;
  recorder: Pick<Recorder, 'recordAlert'>;
  clock: Clock;
  faultLog: FaultLog;
  signals: Signals;
}

/** Watches over no channel until some are applied. */
export function createChannelAlerts(deps: ChannelAlertsDeps): ChannelAlerts {
  return new AlertsOfChannels(deps);
}

class AlertsOfChannels implements ChannelAlerts {
  readonly #deps: ChannelAlertsDeps;
  readonly #unsubscribe: () => void;
  #conditions: ReadonlyMap<string, ChannelCondition> = new Map();
  /** Since when what is raised in the store is raised, by key. */
  #raised = new Map<string, Timestamp>();
  /** For how long channels had accepted nothing at the beginning. */
  #failedBeforeMs: ReadonlyMap<string, number> = new Map();
  #turn: Promise<void> = Promise.resolve();

  constructor(deps: ChannelAlertsDeps) {
    this.#deps = deps;
    this.#unsubscribe = deps.signals.on('delivery:recorded', (attempt) => {
      if (this.#conditions.get(attempt.channel)?.noteAttempt(attempt)) this.#look(attempt.channel);
    });
  }

  async begin(): Promise<void> {
    const { store, clock } = this.#deps;
    this.#raised = await store.readAlerts();
    const now = clock.now();
    const failing = await store.failingChannels();
    this.#failedBeforeMs = new Map(
      [...failing].map(([channel, since]) => [channel, credibleMs(since, now) ?? 0]),
    );
  }

  apply(channels: readonly string[]): void {
    this.#conditions = new Map(
      channels.map((channel) => [channel, this.#conditions.get(channel) ?? this.#conditionAtFirst(channel)]),
    );
  }

  beat(): void {
    for (const [channel, condition] of this.#conditions) if (condition.news()) this.#look(channel);
  }

  status(): Array<Omit<ChannelStatus, 'waitsForMs'>> {
    return [...this.#conditions.values()].map((condition) => condition.status());
  }

  end(): void {
    this.#unsubscribe();
  }

  #conditionAtFirst(channel: string): ChannelCondition {
    return new ChannelCondition(this.#deps.clock, channel, {
      toldAt: this.#raised.get(keyOf(channel)) ?? null,
      failedBeforeMs: this.#failedBeforeMs.get(channel) ?? 0,
    });
  }

  /** One after the other, so that a failure and a recovery are told in their order. A store that fails now is asked again at the next beat. */
  #look(channel: string): void {
    const { faultLog } = this.#deps;
    const condition = this.#conditions.get(channel);
    this.#turn = this.#turn
      .then(async () => {
        const news = condition?.news();
        if (condition && news) condition.noteTold(news, await this.#tell(channel, news));
      })
      .then(() => faultLog.clear(FAULT_KEY, 'Alerts about channels can be recorded again'))
      .catch((thrown: unknown) => {
        const err = toError(thrown);
        const message = `An alert about a channel could not be recorded: ${err.message}`;
        faultLog.report(FAULT_KEY, message, { err }, 'error');
      });
  }

  async #tell(channel: string, { kind, summary, note }: ChannelNews): Promise<Timestamp> {
    const key = keyOf(channel);
    const about = { channel };
    const { recorder } = this.#deps;
    if (kind === 'failing') {
      const at = await recorder.recordAlert(
        { name: 'channel_failing', about, summary, note },
        { raise: key },
      );
      this.#raised.set(key, at);
      return at;
    }
    const at = await recorder.recordAlert(
      { name: 'channel_recovered', about, summary, note },
      { clear: key },
    );
    this.#raised.delete(key);
    return at;
  }
}

function keyOf(channel: string): string {
  return alertKey('channel_failing', channel);
}
