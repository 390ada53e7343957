import type { Clock } from '../../clock.ts';
import { alertKey, partsOfKey } from '../../domain/event/alert.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { channelUnit } from '../../domain/replicas/unit.ts';
import { StoreError, toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Signals, WatcherSignals } from '../../signals.ts';
import type { AlertStore } from '../../store/ports/alerts.ts';
import type { AuditReader } from '../../store/ports/audit.ts';
import type { Outbox } from '../../store/ports/outbox.ts';
import type { Lease } from '../../store/ports/replicas/lease.ts';
import { type Leases, underHold } from '../leases/leases.ts';
import type { Recorder } from '../record/recorder.ts';
import type { ChannelStatus } from '../status.ts';
import { credibleMs } from '../watch/journal/failing-memory.ts';
import { ChannelCondition, type ChannelNews, type ChannelPast, UNKNOWN_PAST } from './channel-condition.ts';

const FAULT_KEY = 'channel alerts';

/** What was given up longer ago than this makes no channel fail, in milliseconds. */
const GIVEN_UP_COUNTS_MS = 24 * 3_600_000;
/** While a channel fails, it is looked so often whether what it has given up was redriven (perhaps by another process), in milliseconds. */
const COUNT_EVERY_MS = 30_000;

/** Watches over the channels themselves: one that fails cannot tell so itself, so the others do. */
export interface ChannelAlerts {
  /** Loads what was told before, and how channels were doing; before anything is delivered. */
  begin(): Promise<void>;
  /** Watches over these channels from now on; of those that stay it knows what it knew. */
  apply(channels: readonly string[]): void;
  /**
   * Watches over these channels, some of which another replica has looked after until now: of those it loads what was told, and then
   * watches over them. A store that fails now is asked again at the next beat.
   */
  follow(channels: readonly string[]): void;
  /** What was told of a channel that has left is closed: it starts clean when it returns. */
  forget(channel: string): void;
  /** A sign of life from outside, about once a second: what is due by the clock alone is looked at. */
  beat(): void;
  status(): Array<Pick<ChannelStatus, 'channel' | 'failing'>>;
  end(): void;
}

/** What the alerts about channels work with. */
export interface ChannelAlertsDeps {
  store: Pick<AlertStore, 'readAlerts'> &
    Pick<Outbox, 'failingChannels' | 'givenUpSince' | 'lastAcceptedAt'> &
    Pick<AuditReader, 'readAudit'>;
  recorder: LeasedRecorder;
  leases: Pick<Leases, 'holdOf'>;
  clock: Clock;
  faultLog: FaultLog;
  signals: Signals;
}

/** What alerts are recorded with, under the lease on the channel that they are about. */
type LeasedRecorder = Pick<Recorder, 'recordAlert'> & { under(lease: Lease): LeasedRecorder };

/** Watches over no channel until some are applied. */
export function createChannelAlerts(deps: ChannelAlertsDeps): ChannelAlerts {
  return new AlertsOfChannels(deps);
}

type Attempt = WatcherSignals['delivery:recorded'];

class AlertsOfChannels implements ChannelAlerts {
  readonly #deps: ChannelAlertsDeps;
  readonly #unsubscribe: () => void;
  #conditions: ReadonlyMap<string, ChannelCondition> = new Map();
  /** Since when what is raised in the store is raised, by key. */
  #raised = new Map<string, Timestamp>();
  /** How channels were doing at the beginning, by what the store knows. */
  #before: ReadonlyMap<string, ChannelPast> = new Map();
  #countedAt = Number.NEGATIVE_INFINITY;
  /** Those that are ours. */
  #followed: readonly string[] = [];
  /** Attempts on channels that are ours, of which nothing is loaded yet. */
  #early: Attempt[] = [];
  /** Something may be told in the store that is not known here. */
  #isInDoubt = false;
  #isLoading = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(deps: ChannelAlertsDeps) {
    this.#deps = deps;
    this.#unsubscribe = deps.signals.on('delivery:recorded', (attempt) => {
      const { channel } = attempt;
      const condition = this.#conditions.get(channel);
      if (condition?.noteAttempt(attempt)) this.#look(channel);
      if (condition === undefined && this.#followed.includes(channel)) this.#early.push(attempt);
    });
  }

  async begin(): Promise<void> {
    const { store, clock } = this.#deps;
    this.#raised = await store.readAlerts();
    const now = clock.now();
    const failing = await store.failingChannels();
    const givenUp = await store.givenUpSince(now - GIVEN_UP_COUNTS_MS);
    const before = new Map<string, ChannelPast>();
    for (const channel of new Set([...failing.keys(), ...givenUp.keys(), ...channelsOf(this.#raised)])) {
      const toldAt = this.#raised.get(keyOf(channel)) ?? null;
      const since = failing.get(channel) ?? null;
      const acceptedAt = toldAt === null ? null : await store.lastAcceptedAt(channel);
      before.set(channel, {
        toldAt,
        failedBeforeMs: since === null ? 0 : (credibleMs(since, now) ?? 0),
        givenUp: givenUp.get(channel) ?? 0,
        hasAcceptedSince: since === null && acceptedAt !== null && acceptedAt > (toldAt ?? 0),
      });
    }
    this.#before = before;
  }

  apply(channels: readonly string[]): void {
    this.#followed = channels;
    this.#conditions = new Map(
      channels.map((channel) => [channel, this.#conditions.get(channel) ?? this.#conditionAtFirst(channel)]),
    );
    // A channel that comes later, or returns, starts clean.
    this.#before = new Map();
    // One that was given up while this was being loaded may count twice, until it is counted anew.
    for (const attempt of this.#early.splice(0))
      if (this.#conditions.get(attempt.channel)?.noteAttempt(attempt)) this.#look(attempt.channel);
  }

  follow(channels: readonly string[]): void {
    const isFollowed = (channel: string): boolean => channels.includes(channel);
    this.#conditions = new Map([...this.#conditions].filter(([channel]) => isFollowed(channel)));
    this.#early = this.#early.filter(({ channel }) => isFollowed(channel));
    this.#followed = channels;
    this.#lookForNew();
  }

  forget(channel: string): void {
    this.#raised.delete(keyOf(channel));
    // It has returned while it was being closed.
    this.#conditions.get(channel)?.noteClosed();
  }

  beat(): void {
    this.#lookForNew();
    const now = this.#deps.clock.monotonic();
    const isAnyTold = [...this.#conditions.values()].some((condition) => condition.isTold);
    if (isAnyTold && now - this.#countedAt >= COUNT_EVERY_MS) {
      this.#countedAt = now;
      this.#inTurn(() => this.#countGivenUp());
    }
    for (const [channel, condition] of this.#conditions) if (condition.news()) this.#look(channel);
  }

  status(): Array<Pick<ChannelStatus, 'channel' | 'failing'>> {
    return [...this.#conditions.values()].map((condition) => condition.status());
  }

  end(): void {
    this.#unsubscribe();
  }

  /** Loads what was told of channels that another replica has looked after, and watches over them from then on. */
  #lookForNew(): void {
    if (this.#isLoading || this.#followed.every((channel) => this.#conditions.has(channel))) return;
    this.#isLoading = true;
    this.#inTurn(async () => {
      try {
        await this.begin();
        this.apply(this.#followed);
      } finally {
        this.#isLoading = false;
      }
    });
  }

  #conditionAtFirst(channel: string): ChannelCondition {
    const toldAt = this.#raised.get(keyOf(channel)) ?? null;
    const past = { ...UNKNOWN_PAST, ...this.#before.get(channel), toldAt };
    return new ChannelCondition(this.#deps.clock, channel, past);
  }

  /** What was redriven, and what is older than a day, is given up no more. */
  async #countGivenUp(): Promise<void> {
    const { store, clock } = this.#deps;
    const counts = await store.givenUpSince(clock.now() - GIVEN_UP_COUNTS_MS);
    for (const [channel, condition] of this.#conditions) condition.noteGivenUp(counts.get(channel) ?? 0);
  }

  #look(channel: string): void {
    const condition = this.#conditions.get(channel);
    const look = async (): Promise<void> => {
      await this.#settleDoubt();
      const news = condition?.news();
      if (!condition || !news) return;
      try {
        condition.noteTold(news, await this.#tell(channel, news));
      } catch (error) {
        this.#isInDoubt = true;
        throw error;
      }
    };
    this.#inTurn(look, { about: channel });
  }

  /** Reads what is told, after a write that was refused and may have happened all the same: told again, it would have another id. */
  async #settleDoubt(): Promise<void> {
    if (!this.#isInDoubt) return;
    this.#raised = await this.#deps.store.readAlerts();
    this.#isInDoubt = false;
    for (const [channel, condition] of this.#conditions)
      condition.noteRaised(this.#raised.get(keyOf(channel)) ?? null);
  }

  /** One after the other, so that a failure and a recovery are told in their order. A store that fails now is asked again at the next beat. */
  #inTurn(work: () => Promise<void>, about: { about?: string } = {}): void {
    const { faultLog } = this.#deps;
    this.#turn = this.#turn
      .then(work)
      .then(() => faultLog.clear(FAULT_KEY, 'Alerts about channels can be recorded again'))
      .catch((thrown: unknown) => {
        const err = toError(thrown);
        const message = `An alert about a channel could not be recorded: ${err.message}`;
        faultLog.report(FAULT_KEY, message, { ...about, err }, 'error');
      });
  }

  #recorderFor(channel: string): LeasedRecorder {
    const { recorder, leases } = this.#deps;
    const hold = leases.holdOf(channelUnit(channel));
    if (hold === null) throw new StoreError('fenced', `channel ${channel} is another replica’s by now`);
    return underHold(recorder, hold);
  }

  /**
   * When the channel accepted last; of one that never has, when the record begins. Whoever finds that it fails again, after the store has
   * lost that it was told, finds the same.
   */
  async #silentSince(channel: string): Promise<Timestamp | null> {
    const { store } = this.#deps;
    const acceptedAt = await store.lastAcceptedAt(channel);
    if (acceptedAt !== null) return acceptedAt;
    // An entry that is damaged keeps nobody from being told.
    const [first] = await store.readAudit(0, 1).catch(() => []);
    return first === undefined ? null : Date.parse(first.at);
  }

  async #tell(channel: string, { kind, summary, note }: ChannelNews): Promise<Timestamp> {
    const key = keyOf(channel);
    const about = { channel };
    const recorder = this.#recorderFor(channel);
    if (kind === 'failing') {
      const begin = await this.#silentSince(channel);
      const at = await recorder.recordAlert(
        { name: 'channel_failing', about, summary, note, ...(begin === null ? {} : { begin }) },
        { raise: key },
      );
      this.#raised.set(key, at);
      return at;
    }
    const begin = this.#raised.get(key);
    const at = await recorder.recordAlert(
      { name: 'channel_recovered', about, summary, note, ...(begin === undefined ? {} : { begin }) },
      { clear: key },
    );
    this.#raised.delete(key);
    return at;
  }
}

/** The channels that are told to be failing, by these keys of alerts. */
function channelsOf(raised: ReadonlyMap<string, Timestamp>): string[] {
  return [...raised.keys()]
    .map(partsOfKey)
    .flatMap(({ name, about }) => (name === 'channel_failing' ? [about] : []));
}

function keyOf(channel: string): string {
  return alertKey('channel_failing', channel);
}
