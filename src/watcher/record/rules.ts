import type { Watch } from '../../domain/job/watch.ts';
import type { NextDigest, Route } from '../../domain/telling/routing.ts';

/** What the configuration says about who is told, and when. */
export interface RecordingRules {
  routes: readonly Route[];
  nextDigest: NextDigest;
  /** The page of a project in Atlas, for people. */
  projectUrl: (watch: Watch, groupId: string) => string | null;
}
