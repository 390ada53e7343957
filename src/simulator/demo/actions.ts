import assert from 'node:assert/strict';
import type { Timestamp } from '../../domain/instant.ts';
import type { JobStep } from '../atlas/jobs/job-steps.ts';
import type { DemoBoard } from './board.ts';
import { DEMO_GROUP_ID, describeRole, newJob, type Role } from './cast.ts';
import type { DemoStage } from './stage.ts';
import { lookOf, PROGRESS } from './style.ts';

/** Where the story is written down as it goes on. */
export type Script = Pick<DemoBoard, 'scene' | 'expect' | 'note'>;

/** What can be done in Atlas, each with its headline on the board. */
export interface Actions {
  /** Puts the job into Atlas, as the step leaves it. */
  put(role: Role, createdAt: Timestamp, step?: JobStep): void;
  /** Notes what has to be told. */
  expect(role: Role, event: string, note?: string): void;
  /** A job begins, and it has to be told. */
  begin(role: Role): void;
  /** A job moves on, and it has to be told. */
  move(role: Role, step: JobStep, event: string, text: string, note?: string): void;
  /** A job moves on, and nobody has to be told; a headline only where there is a text. */
  advance(role: Role, step: JobStep, text?: string): void;
  /** A job disappears, and it has to be told. */
  remove(role: Role, text: string, note: string): void;
  idOf(role: Role): string;
}

/** Creates the actions on the Atlas of the stage; each is written on the board. */
export function createActions({ atlas }: Pick<DemoStage, 'atlas'>, board: Script): Actions {
  const ids = new Map<Role, string>();

  const idOf = (role: Role): string => {
    const id = ids.get(role);
    assert(id !== undefined, 'it has begun');
    return id;
  };
  const expect = (role: Role, event: string, note = ''): void => {
    const { instanceName } = role.watch;
    board.expect([
      { jobId: idOf(role), event, what: `${instanceName} → ${role.target ?? 'download'}`, note },
    ]);
  };
  const put = (role: Role, createdAt: Timestamp, step: JobStep = (job) => job): void => {
    const job = step(newJob(role, createdAt));
    ids.set(role, job.id);
    atlas.putJob(DEMO_GROUP_ID, role.watch.instanceName, job);
  };
  const change = (role: Role, step: JobStep): void => {
    atlas.updateJob(DEMO_GROUP_ID, role.watch.instanceName, idOf(role), step);
  };

  return {
    put,
    expect,
    idOf,
    begin: (role) => {
      put(role, Date.now());
      board.scene(`${describeRole(role)} begins`, lookOf('started'));
      expect(role, 'started');
    },
    move: (role, step, event, text, note = '') => {
      change(role, step);
      board.scene(text, lookOf(event));
      expect(role, event, note);
    },
    advance: (role, step, text) => {
      change(role, step);
      if (text !== undefined) board.scene(text, PROGRESS);
    },
    remove: (role, text, note) => {
      atlas.removeJob(DEMO_GROUP_ID, role.watch.instanceName, idOf(role));
      board.scene(text, lookOf('missing'));
      expect(role, 'missing', note);
    },
  };
}
