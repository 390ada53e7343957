import type { PollNow, WatchStatus } from '../watcher/status.ts';

/** What came of the wish to poll one watch at once. */
export interface PollAnswer {
  watch: string;
  /** `elsewhere`: another replica polls it. */
  poll: PollNow | 'elsewhere';
  /** The replicas that poll it, or parts of it, and were not asked: each polls its own as scheduled. */
  notAsked: readonly string[];
}

/** Polls at once what this replica polls of a watch, whatever schedule and back-off say. */
export function pollNow(
  { watch, polledBy, share }: Pick<WatchStatus, 'watch' | 'polledBy' | 'share'>,
  pollSoon: (watch: string) => PollNow | null,
): PollAnswer {
  if (polledBy !== null) return { watch, poll: 'elsewhere', notAsked: [polledBy] };
  return { watch, poll: pollSoon(watch) ?? 'stopped', notAsked: share?.others ?? [] };
}
