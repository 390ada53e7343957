import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { HttpClient } from '../../src/net/http-client.ts';
import { createAtlasSource } from '../../src/source/atlas-source.ts';
import type { JobSource } from '../../src/source/source.ts';
import { clientOver } from '../source/fetch-client.ts';
import { EXAMPLE_FILES, NOW } from '../source/kinds/examples.ts';
import { aConnection } from '../source/support.ts';
import { type OddAnswer, oddAnswer } from './answers.ts';
import { chanceOf } from './random.ts';
import { judge } from './verdict.ts';

/** What a run of odd answers has come to. */
export interface MutationReport {
  answers: number;
  /** What was false, with the seed that brings it back; the first few. */
  falsehoods: string[];
  /** What the slowest took, in milliseconds. */
  slowest: { ms: number; seed: number };
  /** By how much the heap had grown at the end since a tenth of the way, in bytes; `null` where there was too little to tell. */
  grownBytes: number | null;
}

const MOST_TOLD = 20;
const ENOUGH_TO_GROW = 3_000;

/** The time limit of a request lives on for as long after its end, and is not to be taken for growth. */
const TIMEOUT_MS = 1_000;

/** Without a turn of the event loop now and then no time limit would ever run out. */
const TURN_EVERY = 200;

/** Reads `count` odd answers, each without any network, and compares what they say with a running job that was known. */
export function mutateInProcess(count: number, firstSeed = 1): Promise<MutationReport> {
  const never = new AbortController().signal;
  let answer: OddAnswer | null = null;
  const client = clientOver(async () => {
    if (answer === null) throw new Error('nothing was asked');
    const { status, headers, body } = answer;
    const hasBody = status !== 204 && status !== 205 && status !== 304;
    if (status < 200 || status > 599) throw new TypeError('no such status over fetch');
    return new Response(hasBody ? new Uint8Array(body) : null, { status, headers });
  });
  let source = sourceOver('http://127.0.0.1:9', client, TIMEOUT_MS);
  return reportOf(count, firstSeed, async (seed) => {
    answer = oddAnswer(chanceOf(seed));
    const falsehoods = await judge(source, answer, never);
    // A refusal makes a connection wait, and rightly: the next answer is to meet a fresh one.
    if (answer.status >= 400 || 'ratelimit-limit' in answer.headers || 'ratelimit' in answer.headers) {
      source = sourceOver('http://127.0.0.1:9', client, TIMEOUT_MS);
    }
    return falsehoods;
  });
}

/** Meets one answer for each seed, one after the other, and gathers what came of them. */
export async function reportOf(
  count: number,
  firstSeed: number,
  meet: (seed: number) => Promise<string[]>,
): Promise<MutationReport> {
  const falsehoods: string[] = [];
  let slowest = { ms: 0, seed: 0 };
  let early: number | null = null;
  for (let index = 0; index < count; index += 1) {
    const seed = firstSeed + index;
    const begunAt = performance.now();
    const found = await meet(seed);
    const ms = Math.round(performance.now() - begunAt);
    if (ms > slowest.ms) slowest = { ms, seed };
    falsehoods.push(...found.map((text) => `seed ${seed}: ${text}`));
    if (falsehoods.length > MOST_TOLD) break;
    if (index % TURN_EVERY === 0) await turn();
    if (index === Math.floor(count / 10)) early = await heapBytes();
  }
  const grownBytes = early === null || count < ENOUGH_TO_GROW ? null : (await heapBytes()) - early;
  return { answers: count, falsehoods, slowest, grownBytes };
}

/**
 * Meets the answers in so many lanes at once, each with a share of the seeds: mostly it is waited for answers that do not end.
 * @param meetIn begins a lane: `count` seeds from `firstSeed` on.
 */
export async function inLanes(
  lanes: number,
  count: number,
  firstSeed: number,
  meetIn: (lane: number, count: number, firstSeed: number) => Promise<MutationReport>,
): Promise<MutationReport> {
  const each = Math.ceil(count / lanes);
  const reports = await Promise.all(
    Array.from({ length: Math.ceil(count / each) }, (_, lane) => {
      const first = lane * each;
      return meetIn(lane, Math.min(each, count - first), firstSeed + first);
    }),
  );
  const [first] = reports.toSorted((a, b) => b.slowest.ms - a.slowest.ms);
  return {
    answers: reports.reduce((sum, { answers }) => sum + answers, 0),
    falsehoods: reports.flatMap(({ falsehoods }) => falsehoods),
    slowest: first?.slowest ?? { ms: 0, seed: firstSeed },
    // What a lane leaves behind cannot be told from what the others have in hand.
    grownBytes: reports.length === 1 ? (reports[0]?.grownBytes ?? null) : null,
  };
}

/** A source of all kinds, over a connection that tries nothing again. */
export function sourceOver(baseUrl: string, client: HttpClient, requestTimeoutMs: number): JobSource {
  const connection = aConnection(baseUrl, { client, requestTimeoutMs });
  const adapters = [...new Set(EXAMPLE_FILES.map(({ adapter }) => adapter))];
  const clock = { now: () => NOW, monotonic: () => performance.now(), sleep: async () => {} };
  return createAtlasSource({ connection, clock, adapters });
}

/** Once no time limit is left, and after a collection, so that what lies about does not count. */
async function heapBytes(): Promise<number> {
  await delay(2 * TIMEOUT_MS);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // Other tests of this process look at its flags.
  setFlagsFromString('--no-expose-gc');
  collect();
  return process.memoryUsage().heapUsed;
}
