import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Atlas } from '../atlas/atlas.ts';
import { GROUP_ID, KEYS } from '../atlas/jobs.ts';
import { endWithUs } from '../process/ended-with-us.ts';
import { treeResidentMib } from '../process/process-cost.ts';
import type { Watched } from '../watched.ts';
import { shellTimesMs } from './times.ts';

/** What the shell loop polls, and how often. */
export interface ShellRun extends Pick<Watched, 'instanceName' | 'ids'> {
  polls: number;
}

/** What the shell loop and all that it starts took. */
export interface ShellCost {
  cpuMsPerPoll: number;
  peakMib: number;
  /** From its start to the end of its first poll. */
  firstPollSeconds: number;
}

/** What most people write first: ask with curl, pick the fields with jq, compare with the last time. */
const BY_LISTING = `
poll() {
  page=1
  : > new
  while :; do
    curl --silent --fail --digest --user "$LOGIN" "$JOBS?itemsPerPage=500&pageNum=$page" > reply || return 1
    jq -r '.results[] | [.id, .failed, .cancelled, .expired, .finishedAt] | @tsv' reply >> new
    jq -e 'any(.links[]; .rel == "next")' reply > /dev/null || break
    page=$((page + 1))
  done
}`;

const BY_ID = `
poll() {
  : > new
  for id in $IDS; do
    curl --silent --fail --digest --user "$LOGIN" "$JOBS/$id" > reply || return 1
    jq -r '[.id, .failed, .cancelled, .expired, .finishedAt] | @tsv' reply >> new
  done
}`;

const LOOP = `
for turn in $(seq "$POLLS"); do
  poll || exit 1
  [ "$turn" = 1 ] || diff old new || exit 1
  mv new old
  [ "$turn" = 1 ] && touch first
done
times > times
`;

const SAMPLE_EVERY_MS = 10;

/** Programs that the loop needs and that are not installed here. */
export function missingPrograms(): string[] {
  return ['bash', 'curl', 'jq', 'diff'].filter((program) => spawnSync(program, ['--version']).error);
}

/** Runs the shell loop against the simulator without pauses, and measures it with all that it starts. */
export async function measureShell(atlas: Atlas, run: ShellRun): Promise<ShellCost> {
  const dir = await mkdtemp(join(tmpdir(), 'shell-loop-'));
  try {
    await writeFile(join(dir, 'loop.sh'), (run.ids.length > 0 ? BY_ID : BY_LISTING) + LOOP);
    const watched = await watch(dir, atlas.url, run);
    return { ...watched, cpuMsPerPoll: shellTimesMs(await readFile(join(dir, 'times'), 'utf8')) / run.polls };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function watch(dir: string, atlasUrl: string, { instanceName, ids, polls }: ShellRun) {
  const startedAt = Date.now();
  const shell = spawn('bash', ['loop.sh'], {
    cwd: dir,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      LOGIN: `${KEYS.publicKey}:${KEYS.privateKey}`,
      JOBS: `${atlasUrl}/api/atlas/v1.0/groups/${GROUP_ID}/serverless/${instanceName}/backup/restoreJobs`,
      IDS: ids.join(' '),
      POLLS: `${polls}`,
    },
  });
  endWithUs(shell);
  const { pid } = shell;
  let peakMib = 0;
  const sampling = setInterval(() => {
    if (pid !== undefined) peakMib = Math.max(peakMib, treeResidentMib(pid));
  }, SAMPLE_EVERY_MS);
  const [code] = await once(shell, 'exit');
  clearInterval(sampling);
  if (code !== 0) throw new Error(`the shell loop ended with ${code}`);
  return { peakMib, firstPollSeconds: ((await stat(join(dir, 'first'))).mtimeMs - startedAt) / 1_000 };
}
