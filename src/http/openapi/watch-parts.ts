import { UNHINTED } from '../../domain/polling/hint.ts';
import { PLACE } from './event-components.ts';
import { count, described, flag, instant, listOf, ms, oneOf, orNull, record, text, texts } from './schema.ts';

/** Why something cannot be polled. */
export const FAULT = {
  reason: described(text, 'A short word out of a small set, such as auth, access_list, rate_limited.'),
  message: text,
  hint: orNull(text, 'What to do.'),
  since: instant,
};

/** What keeps a watch from its schedule. */
export const THROTTLED = record({
  ...FAULT,
  by: oneOf(['ceiling', 'bucket', 'silence']),
  isMeant: described(flag, 'Nobody has written the schedule: the default stretches by itself.'),
});

/** How far activity feeds tell when to poll. */
export const HINT = record({
  projects: described(count, 'Polled when their activity feed tells of a restore.'),
  instances: described(count, 'In these projects.'),
  sweepMs: ms('How often these are polled all the same.'),
  without: described(
    listOf(record({ groupId: text, reason: oneOf(UNHINTED), detail: orNull(text) })),
    'Projects that are polled at every tick all the same, and why.',
  ),
});

/** What another replica fails at. */
export const ELSEWHERE = record({
  about: oneOf(['watch', 'channel']),
  name: text,
  place: orNull(PLACE, 'The part of the watch; null: all of it.'),
  since: instant,
  by: described(texts, 'The replicas that know more.'),
});

/** How much of a watch one of several replicas polls. */
export const SHARE = record({
  projects: described(count, 'That this replica polls; all else is about these.'),
  ofProjects: described(count, 'That were found.'),
  others: described(texts, 'The other replicas that poll some of them.'),
});
