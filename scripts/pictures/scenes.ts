import { PassThrough } from 'node:stream';
import { composeMail } from '../../src/channels/email/message.ts';
import { teamsMessage } from '../../src/channels/msteams/card.ts';
import { slackMessage } from '../../src/channels/slack/message.ts';
import { tellPlainly } from '../../src/channels/teller.ts';
import { createBoard } from '../../src/cli/commands/wait/wait-board.ts';
import { createOutput } from '../../src/cli/view/output.ts';
import type { WatcherEvent } from '../../src/domain/event/event.ts';
import type { RestoreJob } from '../../src/domain/job/restore-job.ts';
import { aJob, anEvent, jobId, MINUTE, T0 } from '../../test/support/builders.ts';
import { createManualClock } from '../../test/support/manual-clock.ts';
import { whyScene } from './why-scene.ts';

/** What is shown, as the channels and the command themselves make it; the same at every run. */
export interface Scenes {
  /** Slack's blocks. */
  slack: ReturnType<typeof slackMessage>;
  /** The adaptive card. */
  teams: ReturnType<typeof teamsMessage>;
  /** The HTML part. */
  mail: string;
  /** As a terminal of 100 columns gets it. */
  wait: string;
  /** `history JOB --why`, as a terminal of 80 columns gets it. */
  why: string;
}

const TIME_ZONE = 'Europe/Berlin';
const ELAPSED = 8 * MINUTE;

/** Makes one message for each picture, with the code that sends it. The same at every run. */
export async function makeScenes(): Promise<Scenes> {
  return {
    slack: slackMessage([tellPlainly(failed())], { timeZone: TIME_ZONE }),
    teams: teamsMessage([tellPlainly(watchFailing())], { timeZone: TIME_ZONE }),
    mail: composeMail(tellPlainly(stalled()), {
      channel: 'dba',
      from: 'restores@example.com',
      to: ['dba@example.com'],
      timeZone: TIME_ZONE,
    }).html,
    wait: waitBoard(),
    why: await whyScene(80),
  };
}

function failed(): WatcherEvent {
  return anEvent('failed', {
    job: clusterJob(1, {
      reached: [
        { milestone: 'started', at: T0 },
        { milestone: 'failed', at: T0 + 14 * MINUTE },
      ],
      state: 'failed',
      finishedAt: T0 + 14 * MINUTE,
    }),
  });
}

function stalled(): WatcherEvent {
  const at = T0 + 41 * MINUTE;
  return anEvent('stalled', {
    job: clusterJob(1),
    from: 'in_progress',
    to: null,
    detectedAt: at,
    occurredAt: at,
    note: '9 of 10 like it took under 4 min.',
    expectedEnd: {
      at: T0 + 3.5 * MINUTE,
      basis: 'history',
      isOverdue: true,
      usualMs: 3.5 * MINUTE,
      samples: 34,
    },
  });
}

function watchFailing(): WatcherEvent {
  return anEvent('watch_failing', {
    occurredAt: T0 + 15 * MINUTE,
    summary:
      'Watch orders cannot be polled for 5 min: Atlas answered 403 IP_ADDRESS_NOT_ON_ACCESS_LIST for GET …/clusters/orders/backup/restoreJobs',
    note: "This machine's address is not on the access list of the API key: add it in Atlas under the key.",
  });
}

function clusterJob(number: number, over: Partial<RestoreJob> = {}): RestoreJob {
  return aJob([], { id: jobId(number), kind: 'cluster', ...over });
}

/** The board of `wait` in the middle of three restores. */
function waitBoard(): string {
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 100, rows: 24 });
  const clock = createManualClock(T0 + ELAPSED);
  const out = createOutput(stdout, { TERM: 'xterm' });
  const usuals = new Map([['automated', { usualMs: 12 * MINUTE, samples: 34 }]]);
  const board = createBoard(out, { stdout, clock }, { watchName: 'orders', usuals });
  const done = clusterJob(1, {
    state: 'finished',
    reached: [
      { milestone: 'started', at: T0 },
      { milestone: 'finished', at: T0 + 7 * MINUTE },
    ],
    finishedAt: T0 + 7 * MINUTE,
  });
  const halfWay = clusterJob(2, { progress: { done: 430_000, total: 1_000_000 } });
  const slow = clusterJob(3, { createdAt: T0 - 24 * MINUTE, targetClusterName: 'orders-drill' });
  const jobs = [done, halfWay, slow].map((job) => ({
    jobId: job.id,
    job,
    end: job.state === 'finished' ? ('finished' as const) : null,
  }));
  clock.advance(12_000);
  board.onChange({ kind: 'waiting', at: clock.now(), jobs });
  board.close();
  return String(stdout.read());
}
