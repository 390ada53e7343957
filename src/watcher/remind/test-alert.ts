import type { Watch } from '../../domain/job/watch.ts';
import type { TestAlert } from '../../domain/telling/test-alert.ts';
import { toError } from '../../errors.ts';
import type { Recorder } from '../record/recorder.ts';
import type { SchedulesDeps } from '../schedule/schedules.ts';
import { startTicker, type Ticker } from '../schedule/ticker.ts';

/** What the configuration says about the test alert. */
export interface TestAlertConfig {
  /** `null`: none. */
  testAlert: TestAlert | null;
  watches: readonly Watch[];
}

/** What test alerts work with. */
export interface TestAlertDeps extends SchedulesDeps {
  recorder: Pick<Recorder, 'recordTestAlert'>;
}

/** Sends a sample at every slot of a schedule. A slot that comes while the process is down is not made up for. */
export interface TestAlerts {
  /** Goes by this configuration from now on. A schedule that stays goes on ticking. */
  apply(config: TestAlertConfig): void;
  /** A sign of life from outside, about once a second. */
  beat(): void;
  /** Sends no more, and lets the one in hand be recorded. */
  stop(): Promise<void>;
}

/** Sends none until a configuration with a test alert is applied. */
export function createTestAlerts(deps: TestAlertDeps): TestAlerts {
  let config: TestAlertConfig | null = null;
  let ticker: Ticker | null = null;
  let inHand: Promise<void> = Promise.resolve();
  let isStopped = false;

  const tick = (): void => {
    const current = config;
    if (current !== null) inHand = inHand.then(() => sendLogged(deps, current));
  };

  return {
    apply: (next) => {
      if (isStopped) return;
      config = next;
      const expression = next.testAlert?.schedule ?? null;
      if (expression === (ticker?.expression ?? null)) return;
      ticker?.stop();
      ticker = expression === null ? null : startTicker({ ...deps, expression, onTick: tick });
    },
    beat: () => ticker?.watch(),
    stop: () => {
      isStopped = true;
      config = null;
      ticker?.stop();
      return inHand;
    },
  };
}

/** A test alert that cannot be recorded is itself a finding, but the next slot is soon enough to try again. */
async function sendLogged(deps: TestAlertDeps, config: TestAlertConfig): Promise<void> {
  try {
    await sendTestAlert(deps, config);
  } catch (thrown) {
    const { watch, event } = config.testAlert ?? {};
    deps.logger.error('A test alert could not be recorded', { watch, event, err: toError(thrown) });
  }
}

/**
 * Owes a sample to those whom the routes would tell the real event, and writes it down; from there on it goes the way of every event.
 * What does not get through is told as `channel_failing`, like any other delivery.
 * @throws {StoreError} and then nothing is owed.
 */
export async function sendTestAlert(
  { recorder }: Pick<TestAlertDeps, 'recorder'>,
  { testAlert, watches }: TestAlertConfig,
): Promise<void> {
  const watch = watches.find(({ name }) => name === testAlert?.watch);
  if (testAlert && watch) await recorder.recordTestAlert(testAlert, watch);
}
