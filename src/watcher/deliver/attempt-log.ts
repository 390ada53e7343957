import { titleOf } from '../../domain/event/message.ts';
import { toIso } from '../../domain/instant.ts';
import { eventFields } from '../../logging/event-fields.ts';
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
  const { channel, event, recipient } = delivery;
  const whom = recipient === null ? channel : `${recipient} by ${channel}`;
  const key = `channel ${channel}${recipient === null ? '' : ` for ${recipient}`}`;
  const title = titleOf(event);
  const attempt = delivery.attemptsStarted;
  const fields = {
    channel,
    ...(recipient === null ? {} : { recipient }),
    ...eventFields(event),
    attempt,
  };
  if (outcome.kind === 'delivered') {
    faultLog.clear(
      key,
      recipient === null
        ? `${channel} takes messages again`
        : `${channel} takes messages for ${recipient} again`,
      { channel },
    );
    logger.info(`Told ${whom}: ${title}`, { ...fields, latencyMs: latencyMsOf({ delivery, outcome }) });
  } else if (outcome.kind === 'given_up') {
    logger.error(`Gave up telling ${whom}: ${title}`, {
      ...fields,
      detail: outcome.detail,
      hint: 'Mend the channel, then: restore-watcher deliveries redrive --given-up',
    });
  } else {
    const retryAt = toIso(outcome.nextAttemptAt);
    const message = `${channel} does not take messages${recipient === null ? '' : ` for ${recipient}`}: ${outcome.detail}`;
    faultLog.report(key, message, { ...fields, retryAt });
    logger.debug(`Could not tell ${whom} yet: ${title}`, { ...fields, retryAt });
  }
}
