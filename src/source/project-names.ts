import { isCrossProject } from '../domain/job/restore-job.ts';
import type { JobReading, ListedProject } from './source.ts';

/** What projects are called, as far as a listing has shown it. */
export interface ProjectNames {
  /** Remembers the names of listed projects, and hands the list on. */
  keep(projects: ListedProject[]): ListedProject[];
  /** Names the target's project in a job that was read, where it is another one than the job's and its name is known. */
  onto(reading: JobReading): JobReading;
}

/** A memory of project names; empty until projects have been listed. */
export function createProjectNames(): ProjectNames {
  const byId = new Map<string, string>();
  return {
    keep: (projects) => {
      for (const { groupId, name } of projects) byId.set(groupId.toLowerCase(), name);
      return projects;
    },
    onto: (reading) => {
      if (reading.kind !== 'job' || !isCrossProject(reading.job)) return reading;
      const name = byId.get(reading.job.targetGroupId?.toLowerCase() ?? '');
      return name === undefined ? reading : { kind: 'job', job: { ...reading.job, targetGroupName: name } };
    },
  };
}
