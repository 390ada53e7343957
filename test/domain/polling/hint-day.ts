import type { JobKind } from '../../../src/domain/job/restore-job.ts';
import type { FeedEvent } from '../../../src/domain/polling/feed-events.ts';
import { feedSince, heard, UNHEARD, verdictOn } from '../../../src/domain/polling/feed-memory.ts';
import { dueOf, livelyNews, modeOf, nextByEvent } from '../../../src/domain/polling/hint.ts';
import {
  afterJob,
  afterRefusal,
  afterTime,
  firstTrust,
  sweepMsOf,
  type Trust,
} from '../../../src/domain/polling/trust.ts';

export const PERIOD_MS = 30_000;
export const SWEEP_MS = 600_000;
const START = Date.parse('2026-11-23T00:00:00Z');
const HOUR_MS = 3_600_000;

/** What a day is like. Times are milliseconds since its start. */
export interface Day {
  hours: number;
  targets: number;
  kind: JobKind;
  /** `listedAfterMs`: Atlas shows the job so much later than it began. */
  restores: ReadonlyArray<{ target: number; at: number; tookMs: number; listedAfterMs: number }>;
  /** How the feed tells of the restore with this index; `null`: not at all. */
  feedLagMs: (restore: number) => number | null;
  feed: (at: number) => 'answers' | 'refuses' | 'hangs';
}

/** What came of a day. */
export interface DayReport {
  /** From when a job could be seen until it was, by restore; `null`: it was not. */
  delays: Array<number | null>;
  /** Requests by hour: polls of targets, and looks at the feed. */
  requests: number[];
  trust: Trust;
}

/** Lives through a day by the rules alone: no clock, no network. */
export function liveThrough(day: Day): DayReport {
  const { targets, kind } = day;
  const world = {
    trust: firstTrust(kind, START),
    memory: UNHEARD,
    answeredAt: null as number | null,
    news: [] as number[],
    begun: Array.from({ length: targets }, () => Number.NEGATIVE_INFINITY),
    seenAt: day.restores.map(() => null as number | null),
    open: new Set<number>(),
    requests: Array.from({ length: day.hours }, () => 0),
  };
  const spend = (at: number): void => {
    const hour = Math.floor(at / HOUR_MS);
    world.requests[hour] = (world.requests[hour] ?? 0) + 1;
  };
  const listen = (at: number): void => {
    if (world.trust.standing === 'distrusted') return;
    spend(at);
    const how = day.feed(at);
    if (how === 'refuses')
      world.trust = afterRefusal(world.trust, { reason: 'refused', detail: '' }, START + at);
    if (how !== 'answers') return;
    const since = feedSince(world.memory, START + at);
    const events = eventsOf(day, at).filter((event) => event.at >= since);
    const answer = heard(world.memory, { events, since, askedAt: START + at });
    world.memory = answer.memory;
    world.answeredAt = at;
    if (answer.news.length > 0) world.news = [...livelyNews(world.news, at), at];
  };
  const judge = (now: number): void => {
    for (const index of world.open) {
      const at = START + (day.restores[index]?.at ?? 0);
      const verdict = verdictOn(world.memory, { kind, at });
      if (verdict === 'open') continue;
      world.open.delete(index);
      if (verdict !== 'unasked') {
        world.trust = afterJob(world.trust, { id: `${index}`, isTold: verdict === 'told' }, START + now);
      }
    }
  };
  const poll = (target: number, now: number): void => {
    spend(now);
    world.begun[target] = now;
    for (const [index, restore] of day.restores.entries()) {
      if (restore.target !== target || world.seenAt[index] !== null) continue;
      if (restore.at + restore.listedAfterMs > now) continue;
      world.seenAt[index] = now;
      world.open.add(index);
    }
  };
  const look = (now: number, isTick: boolean): void => {
    world.trust = afterTime(world.trust, kind, START + now);
    if (isTick) listen(now);
    judge(now);
    const unheardMs = world.answeredAt === null ? null : now - world.answeredAt;
    const facts = { targets, gapMs: PERIOD_MS, sweepEveryMs: SWEEP_MS, trust: world.trust, unheardMs };
    const mode = modeOf(facts);
    const sweepMs = sweepMsOf(world.trust, SWEEP_MS, START + now);
    for (let target = 0; target < targets; target += 1) {
      const begunMono = world.begun[target] ?? 0;
      const due = dueOf(
        {
          isRead: Number.isFinite(begunMono),
          isFailing: false,
          hasRunningJobs: day.restores.some(
            (restore, index) =>
              restore.target === target &&
              world.seenAt[index] !== null &&
              restore.at + restore.tookMs > begunMono,
          ),
          begunMono,
          phase: target / targets,
        },
        { mode, gapMs: PERIOD_MS, sweepMs, newsMono: world.news },
        now,
      );
      if (due !== null && (isTick || due === 'event')) poll(target, now);
    }
  };
  for (let now = 0; now < day.hours * HOUR_MS; ) {
    look(now, now % PERIOD_MS === 0);
    const tick = (Math.floor(now / PERIOD_MS) + 1) * PERIOD_MS;
    now = Math.min(tick, nextByEvent(world.news, now) ?? tick);
  }
  const delays = day.restores.map(({ at, listedAfterMs }, index) => {
    const seenAt = world.seenAt[index] ?? null;
    return seenAt === null ? null : seenAt - at - listedAfterMs;
  });
  return { delays, requests: world.requests, trust: world.trust };
}

function eventsOf({ restores, feedLagMs, kind }: Day, now: number): FeedEvent[] {
  const type = kind === 'flex' ? 'TENANT_RESTORE_REQUESTED_AUDIT' : 'CPS_RESTORE_REQUESTED_AUDIT';
  return restores.flatMap(({ at }, index): FeedEvent[] => {
    const lag = feedLagMs(index);
    if (lag === null || at + lag > now) return [];
    return [{ id: `event-${index}`, type, at: START + at }];
  });
}
