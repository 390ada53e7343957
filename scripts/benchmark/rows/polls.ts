import type { Atlas } from '../atlas/atlas.ts';
import { startAtlas } from '../atlas/atlas.ts';
import { jobId } from '../atlas/jobs.ts';
import type { Bench, Row } from '../bench.ts';
import { measurePair, type PairOrder, type Side } from '../pair/pair.ts';
import { count, inMb, median, megabytes, span } from '../report/figures.ts';
import { atMost, type Line } from '../report/line.ts';
import { measureShell, missingPrograms, type ShellCost } from '../shell/shell-run.ts';

/** What is polled once a second while nothing changes, and what is asked of it. */
interface Case {
  name: string;
  /** As the table has it. */
  what: string;
  jobs: number;
  jobsInShort: number;
  by: 'id' | 'list, oldest first' | 'list, newest first';
  pair: PairOrder;
  /** How often daemon and bare loop are started for it. */
  rounds: number;
  shellPolls: number;
  /** The most CPU time, as a multiple of the bare loop's. */
  ratio: number | null;
  /** The most memory in MB: resident, private. */
  memory: [resident: number, own: number] | null;
}

const CASES: readonly Case[] = [
  {
    name: 'poll-20-by-id',
    what: '20 jobs by id',
    jobs: 20,
    jobsInShort: 3,
    by: 'id',
    pair: { warmUp: 15, windows: 5, pollsPerWindow: 6 },
    rounds: 2,
    shellPolls: 5,
    ratio: 1.15,
    memory: null,
  },
  {
    name: 'poll-100',
    what: '100 jobs in a list',
    jobs: 100,
    jobsInShort: 10,
    by: 'list, oldest first',
    pair: { warmUp: 20, windows: 5, pollsPerWindow: 8 },
    rounds: 2,
    shellPolls: 20,
    ratio: 1.4,
    memory: [98, 38],
  },
  {
    name: 'poll-10000',
    what: '10,000 jobs, read whole every second',
    jobs: 10_000,
    jobsInShort: 600,
    by: 'list, oldest first',
    pair: { warmUp: 10, windows: 5, pollsPerWindow: 5 },
    rounds: 2,
    shellPolls: 3,
    ratio: 0.75,
    memory: [125, 62],
  },
  {
    name: 'poll-100000',
    what: '100,000 jobs, read whole again and again',
    jobs: 100_000,
    jobsInShort: 1_100,
    by: 'list, oldest first',
    pair: { warmUp: 2, windows: 3, pollsPerWindow: 3 },
    rounds: 1,
    shellPolls: 1,
    ratio: null,
    memory: null,
  },
  {
    name: 'newest-100000',
    what: '100,000 jobs, newest first',
    jobs: 100_000,
    jobsInShort: 1_100,
    by: 'list, newest first',
    pair: { warmUp: 5, windows: 5, pollsPerWindow: 5 },
    rounds: 1,
    shellPolls: 0,
    ratio: null,
    memory: [125, 62],
  },
];

const SHORT_PAIR: PairOrder = { warmUp: 0, windows: 1, pollsPerWindow: 1 };

/** What a poll costs while nothing changes: CPU time and memory, at several sizes. */
export const POLL_ROWS: readonly Row[] = CASES.map((each) => ({
  name: each.name,
  measure: (bench) => measure(bench, each),
}));

async function measure(bench: Bench, each: Case): Promise<Line[]> {
  const jobs = bench.isShort ? each.jobsInShort : each.jobs;
  const atlas = await startAtlas(each.by === 'list, newest first' ? 'newest first' : 'oldest first');
  try {
    const state = each.by === 'id' ? 'running' : 'ended';
    const daemons: Side[] = [];
    const floors: Side[] = [];
    for (let round = 0; round < (bench.isShort ? 1 : each.rounds); round += 1) {
      bench.say(`${each.what}: daemon and bare loop, ${round + 1} of ${each.rounds}`);
      const [instanceName, floorInstance] = [`daemon-${round}`, `floor-${round}`];
      for (const name of [instanceName, floorInstance])
        await atlas.put({ instanceName: name, count: jobs, state });
      const watched = {
        instanceName,
        floorInstance,
        ids: each.by === 'id' ? Array.from({ length: jobs }, (_, number) => jobId(number)) : [],
        firstPageOnly: each.by === 'list, newest first',
      };
      const { daemon, floor } = await measurePair(
        bench,
        atlas,
        watched,
        bench.isShort ? SHORT_PAIR : each.pair,
      );
      daemons.push(daemon);
      floors.push(floor);
    }
    const shell = await shellCost(bench, atlas, each, jobs);
    return linesOf(each, jobs, { daemons, floors, shell });
  } finally {
    await atlas.stop();
  }
}

async function shellCost(bench: Bench, atlas: Atlas, each: Case, jobs: number): Promise<ShellCost | null> {
  if (each.shellPolls === 0 || missingPrograms().length > 0) return null;
  bench.say(`${each.what}: curl and jq`);
  return measureShell(atlas, {
    instanceName: 'floor-0',
    ids: each.by === 'id' ? Array.from({ length: jobs }, (_, number) => jobId(number)) : [],
    polls: bench.isShort ? 1 : each.shellPolls,
  });
}

function linesOf(
  { what, by, ratio, memory }: Case,
  jobs: number,
  { daemons, floors, shell }: { daemons: Side[]; floors: Side[]; shell: ShellCost | null },
): Line[] {
  const cpu = (sides: readonly Side[]): number[] => sides.flatMap(({ cpuMsPerPoll }) => cpuMsPerPoll);
  const ratios = cpu(daemons).map((ms, index) => ms / (cpu(floors)[index] ?? Number.NaN));
  const ours = median(cpu(daemons));
  const times = median(ratios);
  const lowest = Math.min(...ratios).toFixed(2);
  const highest = Math.max(...ratios).toFixed(2);
  const requests = median(daemons.map(({ requestsPerPoll }) => requestsPerPoll));
  const held = (sides: readonly Side[]) => ({
    resident: median(sides.map((side) => side.memory.resident)),
    private: median(sides.map((side) => side.memory.private)),
    peak: median(sides.map((side) => side.memory.peak)),
  });
  const ourMemory = held(daemons);
  const costOf = (ms: number): string => `${span(ms)} (${span((ms / jobs) * 1_000)} per 1,000 jobs)`;
  const isWhole = by !== 'list, newest first';
  return [
    {
      what: `CPU of a poll, ${what}`,
      goal: ratio === null ? null : atMost(`${ratio} × the bare loop`, [times, ratio]),
      got: `${times.toFixed(2)} × (${lowest} to ${highest}): ${isWhole ? costOf(ours) : span(ours)}, ${requests.toFixed(requests < 2 ? 2 : 0)} requests`,
      floor: isWhole ? costOf(median(cpu(floors))) : span(median(cpu(floors))),
      shell: shell === null ? '' : costOf(shell.cpuMsPerPoll),
    },
    {
      what: `memory (private), ${what}`,
      goal:
        memory === null
          ? null
          : atMost(
              `${memory[0]} (${memory[1]}) MB`,
              [inMb(ourMemory.resident), memory[0]],
              [inMb(ourMemory.private), memory[1]],
            ),
      got: `${megabytes(ourMemory)}, peak ${count(inMb(ourMemory.peak))} MB`,
      floor: megabytes(held(floors)),
      shell: shell === null ? '' : `${count(inMb(shell.peakMib))} MB`,
    },
  ];
}
