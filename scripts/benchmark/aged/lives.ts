import type { EventName } from '../../../src/domain/event/event.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** What becomes of a job, of a watch or of a channel: its events, each so many milliseconds after the beginning. */
export interface Life {
  about: 'job' | 'watch' | 'channel';
  deliveryType?: 'automated' | 'download';
  /** It has gone from Atlas while it ran. */
  isMissing?: true;
  steps: ReadonlyArray<readonly [name: EventName, afterMs: number]>;
}

const FINISHED: Life = { about: 'job', steps: [['started', 0], ['finished', 14 * MINUTE]] }; // biome-ignore format: one life a line
const FINISHED_AND_EXPIRED: Life = { about: 'job', steps: [...FINISHED.steps, ['expired', 7 * DAY]] };
const STALLED: Life = {
  about: 'job',
  steps: [
    ['started', 0],
    ['stalled', 30 * MINUTE],
    ['finished', 55 * MINUTE],
    ['expired', 7 * DAY],
  ],
};
const DOWNLOADED: Life = {
  about: 'job',
  deliveryType: 'download',
  steps: [
    ['started', 0],
    ['ready', 20 * MINUTE],
    ['expired', 5 * DAY],
  ],
};
const FAILED: Life = {
  about: 'job',
  steps: [
    ['started', 0],
    ['failed', 9 * MINUTE],
  ],
};
const CANCELLED: Life = {
  about: 'job',
  steps: [
    ['started', 0],
    ['cancelled', 5 * MINUTE],
  ],
};
const RUNNING: Life = { about: 'job', steps: [['started', 0]] };
const MISSING: Life = {
  about: 'job',
  isMissing: true,
  steps: [
    ['started', 0],
    ['missing', 10 * MINUTE],
  ],
};
const BLIND: Life = {
  about: 'watch',
  steps: [
    ['watch_failing', 0],
    ['watch_recovered', 30 * MINUTE],
  ],
};
const DEAF: Life = {
  about: 'channel',
  steps: [
    ['channel_failing', 0],
    ['channel_recovered', 20 * MINUTE],
  ],
};

/** By its number: what is rare comes at fixed distances, so that it stands everywhere in the past. */
const RARE: ReadonlyArray<readonly [every: number, life: Life]> = [
  [1_201, RUNNING],
  [1_999, MISSING],
  [97, BLIND],
  [401, DEAF],
];

/** In percent. */
const USUAL: ReadonlyArray<readonly [share: number, life: Life]> = [
  [50, FINISHED_AND_EXPIRED],
  [20, FINISHED],
  [8, STALLED],
  [12, DOWNLOADED],
  [7, FAILED],
  [3, CANCELLED],
];

/** The life with this number. `chance`: from 0 to 99. */
export function lifeOf(number: number, chance: number): Life {
  const rare = RARE.find(([every]) => number % every === every - 1);
  if (rare) return rare[1];
  let left = chance;
  for (const [share, life] of USUAL) {
    if (left < share) return life;
    left -= share;
  }
  return FINISHED;
}
