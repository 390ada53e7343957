import type { WatcherEvent } from '../../domain/event/event.ts';
import { titleOf } from '../../domain/event/message.ts';
import type { PlannedEvent } from '../../domain/event/plan.ts';
import { eventFields } from '../../logging/event-fields.ts';
import type { Logger } from '../../logging/logger.ts';

/** Logs an event that has been recorded. An alert about a watch is not logged here: the watch's journal has told of the fault itself. */
export function logEvent(logger: Logger, planned: PlannedEvent): void {
  const { event } = planned;
  if (event.test) logTestAlert(logger, planned);
  else if (event.reminder) {
    logger.info(titleOf(event), { ...eventFields(event), reminder: event.reminder.number });
  } else if (event.subject.kind === 'channel') logChannelAlert(logger, event, event.subject);
  else if (event.subject.kind === 'audit') logAuditEvent(logger, event);
  else if (event.subject.kind === 'job') logJobEvent(logger, planned, event.subject);
}

function logJobEvent(logger: Logger, { event, suppressed }: PlannedEvent, { late }: { late: boolean }): void {
  logger.info(event.summary, {
    ...eventFields(event),
    ...(suppressed ? { suppressed } : {}),
    ...(late ? { late } : {}),
  });
}

function logTestAlert(logger: Logger, { event, channels }: PlannedEvent): void {
  if (channels.length > 0) {
    logger.info('Sending a test alert', { ...eventFields(event), channels });
    return;
  }
  logger.warn('A test alert reaches nobody: no route takes it', {
    ...eventFields(event),
    hint: 'Route this event somewhere, or name another in testAlert.event.',
  });
}

/** The channel is there by both names: whoever looks for all lines of a channel looks for `channel`. */
function logChannelAlert(logger: Logger, event: WatcherEvent, { channel }: { channel: string }): void {
  const { name, summary, note } = event;
  const level = name === 'channel_failing' ? 'error' : 'info';
  logger[level](summary, { channel, ...eventFields(event), ...(note ? { note } : {}) });
}

/** That the log was signed is told of only to those who ask for it. */
function logAuditEvent(logger: Logger, event: WatcherEvent): void {
  const { name, summary, note } = event;
  if (name === 'checkpoint') return;
  const level = name === 'audit_forked' ? 'error' : 'info';
  logger[level](summary, { ...eventFields(event), ...(note ? { note } : {}) });
}
