import type { Clock } from '../../clock.ts';
import type { WatcherEvent } from '../../domain/event/event.ts';
import { titleOf } from '../../domain/event/message.ts';
import { watchOf } from '../../domain/event/subject.ts';
import { planReminders, type Sight } from '../../domain/telling/reminder.ts';
import type { NextDigest, Route } from '../../domain/telling/routing.ts';
import { toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Signals } from '../../signals.ts';
import type { AlertStore } from '../../store/ports/alerts.ts';
import { announce } from '../record/announce.ts';
import { USUAL_PACE } from '../schedule/pace.ts';

/** More are looked at the next time: a transaction must not keep the others waiting. */
const AT_ONCE = 200;

export interface ReminderDeps {
  store: AlertStore;
  clock: Clock;
  logger: Logger;
  signals: Signals;
  /** Those in force: a reload changes them. */
  routes: () => readonly Route[];
  nextDigest: NextDigest;
  /** What can be seen at present of what an event is about. */
  sightOf: (first: WatcherEvent) => Sight;
  lookEveryMs?: number;
}

/** Tells again of what lasts, to whom the routes would remind. */
export interface Reminders {
  /** A sign of life from outside, about once a second: what is due by the clock alone is looked at. */
  beat(): void;
  /** Looks no more, and lets the look in hand end. */
  stop(): Promise<void>;
}

export function createReminders(deps: ReminderDeps & { faultLog: FaultLog }): Reminders {
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
async function lookLogged(deps: ReminderDeps & { faultLog: FaultLog }): Promise<void> {
  try {
    await remindDue(deps);
    deps.faultLog.clear('reminders', 'Reminders are looked after again');
  } catch (thrown) {
    const err = toError(thrown);
    deps.faultLog.report('reminders', `Reminders cannot be looked after: ${err.message}`, { err }, 'error');
  }
}

/**
 * One look: owes the reminders that are due, and says so.
 * @throws {StoreError} and then nothing has changed.
 */
export async function remindDue(deps: ReminderDeps): Promise<void> {
  const { store, clock, logger, signals, sightOf, nextDigest } = deps;
  const now = clock.now();
  const planned = await store.remind({ at: now, limit: AT_ONCE }, ({ due, mutes }) =>
    planReminders(due, { routes: deps.routes(), mutes, nextDigest, now, sightOf }),
  );
  if (planned.length === 0) return;
  signals.emit('audit:written', {});
  for (const { event } of planned) {
    const { name, id: eventId, reminder } = event;
    logger.info(titleOf(event), {
      watch: watchOf(event) ?? '',
      event: name,
      eventId,
      reminder: reminder?.number,
    });
  }
  announce(signals, planned);
}
