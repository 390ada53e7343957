import type { Timestamp } from '../../domain/instant.ts';
import { toError } from '../../errors.ts';
import { play } from '../atlas/scenario.ts';
import { createDemoBoard } from './board.ts';
import { ALL_DEMO_WATCHES } from './cast.ts';
import { findSecrets } from './ledger.ts';
import { formatOpening } from './report.ts';
import { type DemoStage, PAST_JOBS } from './stage.ts';
import { type AskProgress, demoEncore, demoStory } from './story.ts';
import type { Paint } from './style.ts';
import type { DemoOutcome } from './summary.ts';

/** After the last change, everything must have arrived within this time: long enough for a second attempt. */
const LAST_ARRIVALS_MS = 12_000;

/** And after that, nothing must arrive a second time. */
const SETTLE_MS = 1_500;

const ALL_PAST_JOBS = PAST_JOBS * ALL_DEMO_WATCHES.length;

/** The watcher has to start and to poll twice within this time. */
const FIRST_LOOK_MS = 30_000;

/** What a run of the demo needs from its caller. */
export interface DemoRun {
  stage: DemoStage;
  print: (line: string) => void;
  paint: Paint;
  /** Ends it early. */
  signal: AbortSignal;
  /** Where the watcher serves its page. */
  pageUrl: string;
  /** When the clock of the demo stood at zero. */
  startedAt: Timestamp;
  /** 2 takes half the time. */
  speed?: number;
  /** Asks the watcher. */
  askProgress?: AskProgress;
}

/**
 * Waits for the watcher's first look at Atlas, plays the story, and prints what happens and what each receiver gets. The watcher runs
 * beside it, on `demoConfig`. Resolves when everything has arrived, or has had its time; `null` when the signal ended it before.
 */
export async function runDemoStory(run: DemoRun & { lastArrivalsMs?: number }): Promise<DemoOutcome | null> {
  const { stage, signal, speed = 1, askProgress = null, lastArrivalsMs = LAST_ARRIVALS_MS } = run;
  const board = createDemoBoard(run);
  for (const line of formatOpening(partsOf(run), run.paint)) run.print(line);
  try {
    await firstLook(stage, signal);
    await play(demoStory(stage, board, askProgress), { speed, signal });
    await board.whenComplete(lastArrivalsMs, signal);
    await play([{ at: SETTLE_MS, do: () => {} }], { speed, signal });
    if (signal.aborted) return null;
    const { digest, tokens, requests } = stage.atlas;
    return {
      tally: board.tally(),
      elapsedMs: board.elapsedMs(),
      requests: {
        total: requests.length,
        logins: digest.challenges + digest.stale,
        tokens: tokens.requests,
        refusedLogins: digest.failures + digest.replays + tokens.refused,
        faulty: requests.filter(({ status }) => status !== null && status >= 500).length,
      },
      watches: ALL_DEMO_WATCHES.length,
      pastJobs: ALL_PAST_JOBS,
      secrets: {
        lookedFor: stage.secrets.length,
        found: findSecrets(stage.secrets, board.contents()),
      },
    };
  } catch (thrown) {
    if (signal.aborted) return null;
    throw toError(thrown);
  } finally {
    board.close();
  }
}

/** After the story: goes on with one restore after the other, good and bad in turn, until the signal ends it. */
export async function keepDemoGoing(run: DemoRun): Promise<void> {
  const { stage, signal, speed = 1 } = run;
  const board = createDemoBoard(run);
  try {
    for (let round = 1; !signal.aborted; round += 1) {
      await play(demoEncore(stage, board, round), { speed, signal });
    }
  } catch (thrown) {
    if (!signal.aborted) throw toError(thrown);
  } finally {
    board.close();
  }
}

/** When a watch asks for the second time, what the first answer held has been recorded. */
async function firstLook({ atlas }: DemoStage, signal: AbortSignal): Promise<void> {
  for (const watch of ALL_DEMO_WATCHES) {
    let looks = 0;
    await atlas.waitForRequest(
      ({ authenticated, path }) => {
        if (authenticated && path.includes(watch.path)) looks += 1;
        return looks === 2;
      },
      FIRST_LOOK_MS,
      signal,
    );
  }
}

function partsOf({ stage, pageUrl }: DemoRun): Parameters<typeof formatOpening>[0] {
  const { atlas, slack, smtp, webhook } = stage;
  return [
    {
      ...{ name: 'Page', url: pageUrl },
      role: 'a browser shows all of it; with --keep it stays',
    },
    {
      name: 'Atlas',
      url: atlas.url,
      role: `simulated, with two ways to log in and ${ALL_PAST_JOBS} old restores`,
    },
    { name: 'Slack', url: new URL(slack.url).origin, role: 'takes what Slack takes, within its limits' },
    { name: 'Mail', url: `smtp://127.0.0.1:${smtp.port}`, role: 'a mail server that keeps what it gets' },
    { name: 'Webhook', url: webhook.url, role: 'verifies each signature' },
  ];
}
