import type { SimulatedJob } from '../../../src/simulator/atlas/jobs/simulated-job.ts';
import { fail, finish, serverlessJob } from '../../../src/simulator/atlas/scenario.ts';

/** The API key of the simulated Atlas. */
export const KEYS = { publicKey: 'benchmark', privateKey: 'benchmark-private-key' };
/** The project of the simulated Atlas, where a measurement needs no more than one. */
export const GROUP_ID = '64b0c1d2e3f4a5b6c7d8e9f0';

const ONE_IN_TEN_FAILS = 10;
const RESTORE_MS = 840_000;

/** When the jobs of an instance began, in whole seconds. */
export interface JobTimes {
  /** Of the job with the number 0, in seconds since 1970. */
  first: number;
  /** From each to the next. */
  apart: number;
}

/** A minute apart, from the beginning of a year on. */
export const USUAL_TIMES: JobTimes = { first: Date.parse('2026-01-01T00:00:00Z') / 1_000, apart: 60 };

/** The id of the job with this number, on every instance with such times. */
export function jobId(number: number, times = USUAL_TIMES): string {
  return beganAt(number, times).toString(16).padStart(8, '0') + number.toString(16).padStart(16, '0');
}

/** The job with this number: running, or ended some minutes after it began, one in ten badly. */
export function jobNumber(number: number, state: 'running' | 'ended', times = USUAL_TIMES): SimulatedJob {
  const createdAt = beganAt(number, times) * 1_000;
  const id = jobId(number, times);
  const job = serverlessJob({ id, createdAt, instance: 'orders', targetGroupId: GROUP_ID });
  if (state === 'running') return job;
  const endedAt = createdAt + RESTORE_MS;
  return number % ONE_IN_TEN_FAILS === 0 ? fail(endedAt)(job) : finish(endedAt)(job);
}

function beganAt(number: number, { first, apart }: JobTimes): number {
  return first + number * apart;
}
