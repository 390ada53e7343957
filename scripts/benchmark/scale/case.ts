/** One estate, watched in one way. */
export interface ScaleCase {
  projects: number;
  clustersEach: number;
  /** Each has a watch of its own, over all projects. */
  kinds: ReadonlyArray<'cluster' | 'collection'>;
  hint: 'auto' | 'off';
  store: 'sqlite' | 'postgres';
  /** More than one only with PostgreSQL; all of them in one process. */
  replicas: number;
  /** Where the PostgreSQL is; `null` for the embedded store. */
  database: { url: string; schema: string } | null;
  /** `loses`: the activity feeds tell of nothing, though they are trusted at first. */
  feed: 'right' | 'loses';
  /** For so much simulated time nothing happens, after the first look at everything: requests and processor are measured. */
  minutes: number;
  /** Restores that begin evenly apart, in as much time again: how soon each is seen is measured. */
  restores: number;
}

/** What came of it. */
export interface ScaleResult {
  requestsPerMinute: { jobs: number; feeds: number };
  /** Of one processor, in per cent of the simulated time; without what the simulated Atlas took. */
  cpuPercent: number;
  /** MB. */
  resident: number;
  heap: number;
  /** From the beginning of a job until it was found, in milliseconds; the longest for one that was not found at all. */
  delays: { p50: number; p99: number; max: number; found: number };
  /** From the start until every instance was read once, in simulated milliseconds. */
  firstLookMs: number;
  /** How many of 100 projects are polled by the replica that has the most, of those that several share; 100 where there is one. */
  largestShare: number;
  /** Projects of which a feed was demoted by the end, for all kinds together. */
  demoted: number;
}

/** Which of the cases are measured. */
export interface ScaleChoice {
  store: ScaleCase['store'];
  replicas: number;
  feed: ScaleCase['feed'];
}

/** What is measured. The measured time is shorter where there is much to do: it passes as fast as the work allows. */
export const SCALE_CASES: ReadonlyArray<Omit<ScaleCase, keyof ScaleChoice | 'database'>> = [
  ...casesOf({ projects: 1, clustersEach: 25 }, { auto: 60, off: 60 }),
  ...casesOf({ projects: 40, clustersEach: 25 }, { auto: 30, off: 10 }),
  ...casesOf({ projects: 400, clustersEach: 25 }, { auto: 10, off: 2 }),
];

function casesOf(
  estate: Pick<ScaleCase, 'projects' | 'clustersEach'>,
  minutes: Readonly<Record<ScaleCase['hint'], number>>,
): Array<(typeof SCALE_CASES)[number]> {
  return (['auto', 'off'] as const).map((hint) => ({
    ...estate,
    kinds: ['cluster', 'collection'],
    hint,
    minutes: minutes[hint],
    restores: 40,
  }));
}
