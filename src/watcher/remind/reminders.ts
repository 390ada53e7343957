import type { Clock } from '../../clock.ts';
import type { WatcherEvent } from '../../domain/event/event.ts';
import type { Visibility } from '../../domain/telling/due-reminder.ts';
import { toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Recorder } from '../record/recorder.ts';
import type { ClockSteps } from '../schedule/clock-steps.ts';
import { USUAL_PACE } from '../schedule/pace.ts';

/** More are looked at the next time: a transaction must not keep the others waiting. */
const AT_ONCE = 200;

/** What reminders work with. */
export interface ReminderDeps {
  recorder: Pick<Recorder, 'recordReminders'>;
  clock: Clock;
  faultLog: FaultLog;
  /** What can be seen at present of what an event is about. */
  visibilityOf: (first: WatcherEvent) => Visibility;
  /** To be called before what can be seen is asked for. @throws {StoreError} */
  prepareVisibility?: () => Promise<void>;
  steps: Pick<ClockSteps, 'settle'>;
  lookEveryMs?: number;
}

/** Tells again of what lasts, to whom the routes would remind. */
export interface Reminders {
  /** A sign of life from outside, about once a second: what is due by the clock alone is looked at. */
  beat(): void;
  /** Looks no more, and lets the look in hand end. */
  stop(): Promise<void>;
}

/** Looks every `lookEveryMs`, while it is given signs of life. */
export function createReminders(deps: ReminderDeps): Reminders {
  const { clock, lookEveryMs = USUAL_PACE.lookEveryMs } = deps;
  let lastLookAt = clock.monotonic();
  let inHand: Promise<void> | null = null;
  let isStopped = false;

  return {
    beat: () => {
      if (isStopped || inHand || clock.monotonic() - lastLookAt < lookEveryMs) return;
      lastLookAt = clock.monotonic();
      inHand = lookLogged(deps).finally(() => {
        inHand = null;
      });
    },
    stop: async () => {
      isStopped = true;
      await inHand;
    },
  };
}

/** A store that fails now is asked again at the next look. */
async function lookLogged(deps: ReminderDeps): Promise<void> {
  try {
    await deps.steps.settle();
    await deps.prepareVisibility?.();
    await remindDue(deps);
    deps.faultLog.clear('reminders', 'Reminders are looked after again');
  } catch (thrown) {
    const err = toError(thrown);
    deps.faultLog.report('reminders', `Reminders cannot be looked after: ${err.message}`, { err }, 'error');
  }
}

/**
 * Looks once: owes the reminders that are due.
 * @throws {StoreError} and then nothing has changed.
 */
export async function remindDue({
  recorder,
  visibilityOf,
}: Pick<ReminderDeps, 'recorder' | 'visibilityOf'>): Promise<void> {
  await recorder.recordReminders(visibilityOf, AT_ONCE);
}
