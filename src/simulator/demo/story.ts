import { cancel, expire, fail, finish, progress, ready, running } from '../atlas/jobs/job-steps.ts';
import type { TimelineStep } from '../atlas/jobs/timeline.ts';
import { type Actions, createActions, type Script } from './actions.ts';
import { ALL_DEMO_WATCHES, DEMO_DOCUMENTS, DEMO_WATCHES, type Role } from './cast.ts';
import type { DemoStage } from './stage.ts';
import { lookOf, PROGRESS, RELIEF, WARNING } from './style.ts';

/** How far a job has come, going by the watcher; `null` when it cannot tell. */
export type AskProgress = (jobId: string) => Promise<{ done: number; total: number } | null>;

const { orders, catalog, ledger, collections, carts } = DEMO_WATCHES;

/** A third, and three quarters and a bit. */
const FIRST_DOCUMENTS = 6_600;
const MORE_DOCUMENTS = 15_500;

const ROLES = {
  copy: { watch: orders, target: 'orders-copy' },
  drill: { watch: catalog, target: 'catalog-drill' },
  flex: { watch: carts, target: 'carts-copy' },
  staging: { watch: orders, target: 'orders-staging' },
  download: { watch: ledger, target: null },
  repair: { watch: collections, target: 'ledger-repair' },
  audit: { watch: catalog, target: 'catalog-audit' },
  lost: { watch: catalog, target: 'catalog-eu' },
  long: { watch: orders, target: 'orders-eu' },
  hotfix: { watch: orders, target: 'orders-hotfix' },
} as const satisfies Record<string, Role>;

/** What the acts of the story work with. */
interface Play {
  stage: DemoStage;
  board: Script;
  actions: Actions;
  askProgress: AskProgress | null;
}

/**
 * The story: ten restores of three kinds through every state, four seconds of outage, and a Slack that fails once. Times are
 * milliseconds from the start; it takes about 47 s. Each step changes Atlas and says on the board what has to be told.
 */
export function demoStory(stage: DemoStage, board: Script, askProgress: AskProgress | null): TimelineStep[] {
  const play: Play = { stage, board, actions: createActions(stage, board), askProgress };
  return [
    ...restoresBegin(play),
    ...firstOnesEnd(play),
    ...othersEnd(play),
    ...atlasIsAway(play),
    ...timeRunsOut(play),
  ];
}

function restoresBegin({ actions: { begin, advance } }: Play): TimelineStep[] {
  const { copy, drill, flex, staging, download, repair, audit, lost } = ROLES;
  return [
    { at: 400, do: () => begin(copy) },
    { at: 2_250, do: () => begin(drill) },
    { at: 3_900, do: () => begin(flex) },
    { at: 5_650, do: () => begin(staging) },
    { at: 6_000, do: () => advance(flex, running()) },
    { at: 7_300, do: () => begin(download) },
    { at: 9_050, do: () => begin(repair) },
    { at: 10_700, do: () => begin(audit) },
    { at: 12_450, do: () => begin(lost) },
  ];
}

/** Two end well, one fails, one is cancelled while Slack stumbles. */
function firstOnesEnd(play: Play): TimelineStep[] {
  const { begin, move, advance } = play.actions;
  const { copy, drill, flex, staging, repair } = ROLES;
  return [
    {
      at: 14_000,
      do: () => advance(repair, progress(FIRST_DOCUMENTS), 'A third of the documents of ledger is restored'),
    },
    { at: 15_400, do: () => noteProgress(repair, play) },
    {
      at: 15_900,
      do: () => move(flex, finish(Date.now()), 'finished', 'The Flex restore to carts-copy ends well'),
    },
    {
      at: 17_500,
      do: () => move(copy, finish(Date.now()), 'finished', 'The restore to orders-copy ends well'),
    },
    { at: 19_150, do: () => begin(ROLES.long) },
    {
      at: 20_800,
      do: () => {
        const text = 'The restore to catalog-drill fails; flagged as cancelled as well, as Atlas does';
        move(drill, fail(Date.now(), { alsoCancelled: true }), 'failed', text, 'both flags set');
      },
    },
    {
      at: 22_550,
      do: () => {
        play.stage.slack.answer([500]);
        const text = 'The restore to orders-staging is cancelled, and Slack is about to fail once';
        move(staging, cancel(Date.now()), 'cancelled', text, 'Slack: 500 once');
      },
    },
  ];
}

/** One ends for a time, one is ready, one is over before anybody looks, and one ends with warnings. */
function othersEnd(play: Play): TimelineStep[] {
  const { move, advance } = play.actions;
  const { download, repair, audit } = ROLES;
  return [
    {
      at: 24_300,
      do: () => {
        const expiresAt = Date.now() + 16_000;
        move(audit, finish(Date.now(), expiresAt), 'finished', 'The restore to catalog-audit ends well');
      },
    },
    {
      at: 25_900,
      do: () => advance(repair, progress(MORE_DOCUMENTS), 'Most of the documents of ledger are restored'),
    },
    { at: 27_300, do: () => noteProgress(repair, play) },
    {
      at: 28_100,
      do: () => {
        const expiresAt = Date.now() + 16_000;
        move(download, ready(expiresAt), 'ready', 'The download has its link, which nobody must see');
      },
    },
    { at: 29_850, do: () => beginAndEnd(ROLES.hotfix, play) },
    {
      at: 31_650,
      do: () => {
        const end = finish(Date.now(), null, { failedIndexes: 1 });
        const text = 'The collections are restored, but for an index that could not be built';
        move(repair, end, 'finished', text, 'with warnings');
      },
    },
  ];
}

/** A restore ends in the outage. */
function atlasIsAway({ stage: { atlas }, board, actions: { move } }: Play): TimelineStep[] {
  return [
    {
      at: 33_600,
      do: () => {
        atlas.setFault({ kind: 'status', status: 500 });
        board.scene('Answers 500 to everything from now on', WARNING);
      },
    },
    {
      at: 35_700,
      do: () => {
        const text = 'The restore to orders-eu ends well, and nobody can see it';
        move(ROLES.long, finish(Date.now()), 'finished', text, 'in the outage');
      },
    },
    {
      at: 37_700,
      do: () => {
        atlas.setFault(null);
        board.scene('Answers again', RELIEF);
      },
    },
  ];
}

/** A restore and a link expire, and a job disappears. */
function timeRunsOut({ actions: { move, remove } }: Play): TimelineStep[] {
  const { download, audit, lost } = ROLES;
  return [
    {
      at: 42_450,
      do: () => {
        const text = 'The finished restore to catalog-audit expires';
        move(audit, expire(Date.now()), 'expired', text, 'had finished before');
      },
    },
    {
      at: 44_100,
      do: () => remove(lost, 'The restore to catalog-eu disappears, unfinished', '404 twice in a row'),
    },
    {
      at: 46_450,
      do: () => move(download, expire(Date.now()), 'expired', 'The link of the download runs out'),
    },
  ];
}

/** One more restore, for as long as somebody watches: of each watch in turn, and every third one fails. */
export function demoEncore(stage: DemoStage, board: Script, round: number): TimelineStep[] {
  const { begin, move, advance } = createActions(stage, board);
  const watch = ALL_DEMO_WATCHES[round % ALL_DEMO_WATCHES.length] ?? orders;
  const role: Role = { watch, target: `drill-${round}` };
  const end = (): void =>
    round % 3 === 0
      ? move(role, fail(Date.now()), 'failed', `The restore to ${role.target} fails`)
      : move(role, finish(Date.now()), 'finished', `The restore to ${role.target} ends well`);
  return [
    { at: 2_000, do: () => begin(role) },
    { at: 6_000, do: () => advance(role, progress(DEMO_DOCUMENTS / 2)) },
    { at: 10_000, do: end },
    { at: 15_000, do: () => {} },
  ];
}

/** A restore that no poll ever sees running. */
function beginAndEnd(role: Role, { actions: { put, expect }, board }: Play): void {
  const now = Date.now();
  put(role, now - 2_000, finish(now));
  board.scene(`A restore to ${role.target} begins and ends between two polls`, lookOf('finished'));
  expect(role, 'started', 'never seen running');
  expect(role, 'finished');
}

/** Progress is no news for a channel; the watcher tells it to whoever asks. */
async function noteProgress(role: Role, { actions, board, askProgress }: Play): Promise<void> {
  const found = await askProgress?.(actions.idOf(role));
  if (!found) return;
  const { done, total } = found;
  const percent = Math.round((done / total) * 100);
  const count = (documents: number): string => documents.toLocaleString('en-US');
  const text = `asked, the watcher says: ${count(done)} of ${count(total)} documents, ${percent} %`;
  board.note('Status', text, PROGRESS);
}
