import { titleOf } from '../../domain/event/message.ts';
import { watchOf } from '../../domain/event/subject.ts';
import { toIso } from '../../domain/instant.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Logger } from '../../logging/logger.ts';
import { type AttemptEnd, latencyMsOf } from '../record/attempt.ts';

/** What the log of attempts works with. */
export interface AttemptLogDeps {
  logger: Logger;
  /** A channel that keeps failing is told of once, not at every attempt. */
  faultLog: FaultLog;
}

/** Logs how an attempt to deliver ended. Nothing when nothing was sent. */
export function logAttempt(
  { logger, faultLog }: AttemptLogDeps,
  { delivery, outcome, wasSent }: AttemptEnd,
): void {
  if (!wasSent || outcome.kind === 'released') return;
  const { channel, eventId, event } = delivery;
  const key = `channel ${channel}`;
  const title = titleOf(event);
  const attempt = delivery.attemptsStarted;
  const fields = { channel, event: event.name, watch: watchOf(event) ?? '', eventId, attempt };
  if (outcome.kind === 'delivered') {
    faultLog.clear(key, `${channel} takes messages again`, { channel });
    logger.info(`Told ${channel}: ${title}`, { ...fields, latencyMs: latencyMsOf({ delivery, outcome }) });
  } else if (outcome.kind === 'given_up') {
    logger.error(`Gave up telling ${channel}: ${title}`, {
      ...fields,
      detail: outcome.detail,
      hint: 'Mend the channel, then: restore-watcher deliveries redrive --given-up',
    });
  } else {
    const retryAt = toIso(outcome.nextAttemptAt);
    const message = `${channel} does not take messages: ${outcome.detail}`;
    faultLog.report(key, message, { ...fields, retryAt });
    logger.debug(`Could not tell ${channel} yet: ${title}`, { ...fields, retryAt });
  }
}
