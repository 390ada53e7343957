/** Where a job is to be looked for, for people who look for it at the instance that is restored into. */
export const JOB_HOME = 'A job belongs to the instance that the backup came from, not to the target.';
