import { describe, expect, it } from 'vitest';
import { createProjectNames } from '../../src/source/project-names.ts';
import type { JobReading } from '../../src/source/source.ts';
import { aJob, GROUP_ID } from '../support/builders.ts';

const OTHER = 'ab'.repeat(12);
const read = (targetGroupId: string | null): JobReading => ({
  kind: 'job',
  job: aJob([], { targetGroupId }),
});
const nameIn = (reading: JobReading): unknown => reading.kind === 'job' && reading.job.targetGroupName;

describe('names of projects', () => {
  it('are put to jobs that restore into another project, once a listing has shown them', () => {
    const names = createProjectNames();
    expect(nameIn(names.onto(read(OTHER)))).toBeFalsy();

    const listed = [
      { groupId: OTHER, name: 'stage', tags: {} },
      { groupId: GROUP_ID, name: 'prod', tags: {} },
    ];
    expect(names.keep(listed)).toBe(listed);

    expect(nameIn(names.onto(read(OTHER.toUpperCase())))).toBe('stage');
    expect(nameIn(names.onto(read('cd'.repeat(12))))).toBeFalsy();
    for (const own of [GROUP_ID, null]) expect(nameIn(names.onto(read(own)))).toBeFalsy();
  });

  it('leave what could not be read as it is', () => {
    const unreadable: JobReading = { kind: 'unreadable', jobId: null, problem: 'odd' };
    expect(createProjectNames().onto(unreadable)).toBe(unreadable);
  });
});
