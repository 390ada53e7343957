import assert from 'node:assert/strict';
import type { AtlasSimulator } from '../../src/simulator/atlas/atlas.ts';
import { cancel, expire, fail, finish, newJobId, serverlessJob } from '../../src/simulator/atlas/scenario.ts';

/** An instance whose jobs change. */
export interface StormPlace {
  atlas: AtlasSimulator;
  groupId: string;
  instance: string;
}

/** So many jobs run at a time at each place, so that most are seen running. */
const RUNNING = 5;

/**
 * Starts and ends jobs, one at each call, in the order of life: each job starts, and ends some steps later; the ends take turns, and so
 * do the places.
 */
export function stepsOf(places: readonly StormPlace[], jobs: number): Array<() => void> {
  const endings = [finish, fail, cancel, expire] as const;
  const running: Array<StormPlace & { id: string }> = [];
  const most = Math.min(jobs, RUNNING * places.length);
  const start = (index: number): void => {
    const place = places[index % places.length];
    assert(place, 'there must be a place');
    const { atlas, groupId, instance } = place;
    const createdAt = Date.now();
    const id = newJobId(createdAt);
    atlas.putJob(groupId, instance, serverlessJob({ id, createdAt, instance }));
    running.push({ ...place, id });
  };
  const end = (index: number): void => {
    const job = running.shift();
    const ending = endings[index % endings.length];
    assert(job && ending, 'a job must start before it ends');
    job.atlas.updateJob(job.groupId, job.instance, job.id, ending(Date.now()));
  };
  const pairs = Array.from({ length: jobs }, (_, index) => ({
    start: () => start(index),
    end: () => end(index),
  }));
  return [
    ...pairs.slice(0, most).map((pair) => pair.start),
    ...pairs.slice(most).flatMap((pair, index) => [pair.start, pairs[index]?.end ?? (() => {})]),
    ...pairs.slice(jobs - most).map((pair) => pair.end),
  ];
}
