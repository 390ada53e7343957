import { formatSpan } from '../../domain/instant.ts';
import { shortId } from '../../domain/job/restore-job.ts';
import { DEMO_CHANNELS } from './arrivals.ts';
import type { Hearing, Tally, ToldChange } from './ledger.ts';
import { CHANNEL_LABELS, lookOf, type Paint, REPORT_WIDTH, seconds, shorten } from './style.ts';

/** What came of the story. */
export interface DemoOutcome {
  tally: Tally;
  elapsedMs: number;
  /**
   * To Atlas: all; those that brought a login challenge, and those for an access token; those of both kinds that were refused; those
   * that met an error of Atlas.
   */
  requests: { total: number; logins: number; tokens: number; refusedLogins: number; faulty: number };
  watches: number;
  /** Restores that had ended before the watcher came. */
  pastJobs: number;
  secrets: {
    lookedFor: number;
    /** Names of those that stood in some message. */
    found: readonly string[];
  };
}

/** What the watcher left behind, looked at after it has stopped. */
export interface DemoLeftovers {
  /** Names of the secrets that stand in its log, database or audit file. */
  secretsFound: readonly string[];
  audit: { entries: number; problems: readonly string[] };
}

/** True when all that was owed has arrived, once, nothing else did, and nothing has leaked. */
export function isFlawless({ tally, secrets, requests }: DemoOutcome, leftovers: DemoLeftovers): boolean {
  const leaks = secrets.found.length + leftovers.secretsFound.length;
  const faults = tally.lost + tally.duplicates + tally.strays + requests.refusedLogins;
  return leaks + faults + leftovers.audit.problems.length === 0 && tally.verified === tally.webhooks;
}

/** The table of what was told when, and the account. */
export function formatSummary(outcome: DemoOutcome, leftovers: DemoLeftovers, paint: Paint): string[] {
  const { tally } = outcome;
  const rule = paint('dim', `  ${'─'.repeat(REPORT_WIDTH - 4)}`);
  const titles = DEMO_CHANNELS.map((channel) => CHANNEL_LABELS[channel].padStart(CELL_WIDTH));
  return [
    '',
    paint('bold', `  ${'What changed in Atlas'.padEnd(CHANGE_WIDTH)}${titles.join('')}`),
    rule,
    ...tally.changes.map((change) => changeRow(change, paint)),
    rule,
    ...latencyLine(tally, paint),
    '',
    ...accountOf(outcome, leftovers).map((row) => accountLine(row, paint)),
    '',
  ];
}

const CELL_WIDTH = 9;
const CHANGE_WIDTH = 49;
const EVENT_WIDTH = 12;
const NOTE_WIDTH = REPORT_WIDTH - 2 - CHANGE_WIDTH - 3 * CELL_WIDTH - 3;

function changeRow({ event, jobId, what, heard, note }: ToldChange, paint: Paint): string {
  const { mark, style } = lookOf(event);
  const rest = CHANGE_WIDTH - EVENT_WIDTH - 1;
  const name = paint(style, `${mark} ${event.padEnd(EVENT_WIDTH - 1)}`);
  const subject = shorten(`${shortId(jobId)}  ${what}`, rest).padEnd(rest);
  const cells = DEMO_CHANNELS.map((channel) => cell(heard[channel], paint));
  const remark = note === '' ? '' : paint('dim', `   ${shorten(note, NOTE_WIDTH)}`);
  return `  ${name}${subject}${cells.join('')}${remark}`;
}

/** How long it took; yellow when more than one attempt was needed. */
function cell(hearing: Hearing | null, paint: Paint): string {
  if (hearing === null) return paint('red', 'lost'.padStart(CELL_WIDTH));
  const text = seconds(hearing.latencyMs).padStart(CELL_WIDTH);
  return hearing.attempts > 1 ? paint('yellow', text) : text;
}

function latencyLine({ changes }: Tally, paint: Paint): string[] {
  const latencies = changes
    .flatMap(({ heard }) => Object.values(heard).flatMap((hearing) => hearing?.latencyMs ?? []))
    .sort((a, b) => a - b);
  const median = latencies[Math.floor(latencies.length / 2)];
  const longest = latencies.at(-1);
  if (median === undefined || longest === undefined) return [];
  const text = `From the change in Atlas to the arrival: half within ${seconds(median)}, all within ${seconds(longest)}.`;
  return [paint('dim', `  ${text}`)];
}

interface AccountRow {
  isGood: boolean;
  label: string;
  count: number;
  remark: string;
}

function accountOf(outcome: DemoOutcome, { secretsFound, audit }: DemoLeftovers): AccountRow[] {
  const { tally, requests, watches, elapsedMs, pastJobs, secrets } = outcome;
  const channels = DEMO_CHANNELS.length;
  const owed = tally.changes.length * channels;
  const leaks = [...new Set([...secrets.found, ...secretsFound])];
  return [
    {
      isGood: tally.lost === 0,
      label: 'told',
      count: owed - tally.lost,
      remark: `${tally.changes.length} changes on ${channels} channels, in ${tally.messages} messages`,
    },
    {
      isGood: tally.lost === 0,
      label: 'lost',
      count: tally.lost,
      remark: 'although Atlas was broken for a while, and Slack for a moment',
    },
    {
      isGood: tally.duplicates === 0,
      label: 'told twice',
      count: tally.duplicates,
      remark: 'going by the event id, which is the same on every channel',
    },
    {
      isGood: tally.strays === 0,
      label: 'told for no reason',
      count: tally.strays,
      remark: `${pastJobs} restores had ended before: recorded, and nobody bothered`,
    },
    {
      isGood: leaks.length === 0,
      label: 'secrets seen',
      count: leaks.length,
      remark:
        leaks.length > 0
          ? leaks.join(', ')
          : `${secrets.lookedFor} looked for, in messages and in every file that the watcher wrote`,
    },
    {
      isGood: tally.verified === tally.webhooks,
      label: 'signatures verified',
      count: tally.verified,
      remark: `of ${tally.webhooks} webhooks, with the public Standard Webhooks library`,
    },
    {
      isGood: requests.refusedLogins === 0,
      label: 'requests to Atlas',
      count: requests.total,
      remark: `${watches} watches, ${formatSpan(elapsedMs)}; ${requests.logins} to log in, ${requests.tokens} for a token, ${requests.faulty} in the outage`,
    },
    {
      isGood: audit.problems.length === 0,
      label: 'audit entries',
      count: audit.entries,
      remark: audit.problems[0] ?? 'each chained to the one before by its hash; all verified',
    },
  ];
}

function accountLine({ isGood, label, count, remark }: AccountRow, paint: Paint): string {
  const mark = isGood ? paint('green', '✔') : paint('red', '✖');
  const number = paint('bold', String(count).padStart(5));
  return `  ${mark} ${label.padEnd(20)}${number}   ${paint('dim', shorten(remark, REPORT_WIDTH - 32))}`;
}
