import assert from 'node:assert/strict';
import type { Timestamp } from '../domain/instant.ts';
import type { DemoBoard } from './demo-board.ts';
import { DEMO_GROUP_ID, type DEMO_INSTANCES, type DemoStage } from './demo-stage.ts';
import { lookOf, RELIEF, WARNING } from './demo-style.ts';
import {
  cancel,
  expire,
  fail,
  finish,
  type JobStep,
  ready,
  serverlessJob,
  type TimelineStep,
} from './scenario.ts';

/** Where the story is written down as it goes on. */
type Script = Pick<DemoBoard, 'scene' | 'expect'>;

type InstanceName = (typeof DEMO_INSTANCES)[number];

/** A restore of the story. */
interface Role {
  instance: InstanceName;
  /** `null`: a download. */
  target: string | null;
}

/**
 * The story: eight restores through every state, five seconds of outage, and a Slack that fails once. Times are milliseconds from the
 * start; it takes about 42 s. Each step changes Atlas and says on the board what has to be told.
 */
export function demoStory(stage: DemoStage, board: Script): TimelineStep[] {
  const { atlas, slack } = stage;
  const copy: Role = { instance: 'orders', target: 'orders-copy' };
  const drill: Role = { instance: 'catalog', target: 'catalog-drill' };
  const staging: Role = { instance: 'orders', target: 'orders-staging' };
  const audit: Role = { instance: 'catalog', target: 'catalog-audit' };
  const download: Role = { instance: 'orders', target: null };
  const lost: Role = { instance: 'catalog', target: 'catalog-eu' };
  const long: Role = { instance: 'orders', target: 'orders-eu' };
  const quick: Role = { instance: 'orders', target: 'orders-hotfix' };
  const { begin, put, move, remove, expect } = createActions(stage, board);

  return [
    { at: 400, do: () => begin(copy) },
    { at: 2_650, do: () => begin(drill) },
    { at: 4_300, do: () => begin(staging) },
    { at: 6_850, do: () => begin(audit) },
    { at: 8_450, do: () => begin(download) },
    { at: 10_950, do: () => begin(lost) },
    {
      at: 12_700,
      do: () => move(copy, finish(Date.now()), 'finished', 'The restore to orders-copy ends well'),
    },
    { at: 14_350, do: () => begin(long) },
    {
      at: 16_900,
      do: () =>
        move(
          drill,
          fail(Date.now(), { alsoCancelled: true }),
          'failed',
          'The restore to catalog-drill fails; flagged as cancelled as well, as Atlas does',
          'both flags set',
        ),
    },
    {
      at: 18_550,
      do: () => {
        slack.answer([500]);
        move(
          staging,
          cancel(Date.now()),
          'cancelled',
          'The restore to orders-staging is cancelled, and Slack is about to fail once',
          'Slack: 500 once',
        );
      },
    },
    {
      at: 20_800,
      do: () => {
        const expiresAt = Date.now() + 16_000;
        move(audit, finish(Date.now(), expiresAt), 'finished', 'The restore to catalog-audit ends well');
      },
    },
    {
      at: 22_400,
      do: () => {
        const expiresAt = Date.now() + 18_000;
        move(download, ready(expiresAt), 'ready', 'The download has its link, which nobody must see');
      },
    },
    {
      at: 25_950,
      do: () => {
        const now = Date.now();
        put(quick, now - 2_000, finish(now));
        board.scene('A restore to orders-hotfix begins and ends between two polls', lookOf('finished'));
        expect(quick, 'started', 'never seen running');
        expect(quick, 'finished');
      },
    },
    {
      at: 28_800,
      do: () => {
        atlas.setFault({ kind: 'status', status: 500 });
        board.scene('Answers 500 to everything from now on', WARNING);
      },
    },
    {
      at: 31_100,
      do: () =>
        move(
          long,
          finish(Date.now()),
          'finished',
          'The restore to orders-eu ends well, and nobody can see it',
          'in the outage',
        ),
    },
    {
      at: 34_200,
      do: () => {
        atlas.setFault(null);
        board.scene('Answers again', RELIEF);
      },
    },
    {
      at: 37_350,
      do: () =>
        move(
          audit,
          expire(Date.now()),
          'expired',
          'The finished restore to catalog-audit expires',
          'had finished before',
        ),
    },
    {
      at: 39_600,
      do: () => {
        remove(lost, 'The restore to catalog-eu disappears, unfinished', '404 twice in a row');
      },
    },
    {
      at: 42_250,
      do: () => move(download, expire(Date.now()), 'expired', 'The link of the download runs out'),
    },
  ];
}

/** One more restore, for as long as somebody watches: every third one fails. */
export function demoEncore(stage: DemoStage, board: Script, round: number): TimelineStep[] {
  const { begin, move } = createActions(stage, board);
  const role: Role = { instance: round % 2 === 0 ? 'catalog' : 'orders', target: `drill-${round}` };
  const end = (): void =>
    round % 3 === 0
      ? move(role, fail(Date.now()), 'failed', `The restore to ${role.target} fails`)
      : move(role, finish(Date.now()), 'finished', `The restore to ${role.target} ends well`);
  return [
    { at: 2_000, do: () => begin(role) },
    { at: 10_000, do: end },
    { at: 15_000, do: () => {} },
  ];
}

interface Actions {
  /** Puts the job into Atlas, as the step leaves it. */
  put(role: Role, createdAt: Timestamp, step?: JobStep): void;
  /** Notes what has to be told. */
  expect(role: Role, event: string, note?: string): void;
  /** A job begins, and it has to be told. */
  begin(role: Role): void;
  /** A job moves on, and it has to be told. */
  move(role: Role, step: JobStep, event: string, text: string, note?: string): void;
  /** A job disappears, and it has to be told. */
  remove(role: Role, text: string, note: string): void;
}

/** What can be done in Atlas, each with its headline on the board. */
function createActions({ atlas }: DemoStage, board: Script): Actions {
  const ids = new Map<Role, string>();

  const idOf = (role: Role): string => {
    const id = ids.get(role);
    assert(id !== undefined, 'it has begun');
    return id;
  };
  const expect = (role: Role, event: string, note = ''): void => {
    board.expect([
      { jobId: idOf(role), event, what: `${role.instance} → ${role.target ?? 'download'}`, note },
    ]);
  };
  const put = (role: Role, createdAt: Timestamp, step: JobStep = (job) => job): void => {
    const { instance, target } = role;
    const job = step(
      serverlessJob(
        target === null ? { createdAt, instance, deliveryType: 'download' } : { createdAt, instance, target },
      ),
    );
    ids.set(role, job.id);
    atlas.putJob(DEMO_GROUP_ID, instance, job);
  };

  const begin = (role: Role): void => {
    put(role, Date.now());
    const what =
      role.target === null
        ? `A download of ${role.instance}`
        : `A restore of ${role.instance} to ${role.target}`;
    board.scene(`${what} begins`, lookOf('started'));
    expect(role, 'started');
  };
  const move = (role: Role, step: JobStep, event: string, text: string, note = ''): void => {
    atlas.updateJob(DEMO_GROUP_ID, role.instance, idOf(role), step);
    board.scene(text, lookOf(event));
    expect(role, event, note);
  };
  const remove = (role: Role, text: string, note: string): void => {
    atlas.removeJob(DEMO_GROUP_ID, role.instance, idOf(role));
    board.scene(text, lookOf('missing'));
    expect(role, 'missing', note);
  };
  return { put, expect, begin, move, remove };
}
