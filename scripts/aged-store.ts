/**
 * Makes a store as it stands after two years of use, to measure what age costs: `node scripts/aged-store.ts FILE [JOBS]`.
 * Without JOBS, 360,000 of them: a million events, as many audit entries, and some 3 GB.
 */
import { makeAgedStore } from './benchmark/aged-store.ts';

const [path, jobs] = process.argv.slice(2);
if (path === undefined) throw new Error('Say which file is to be made.');
const begunAt = performance.now();
const made = await makeAgedStore({ path, ...(jobs === undefined ? {} : { jobs: Number(jobs) }) });
console.log({ ...made, seconds: Math.round((performance.now() - begunAt) / 1000) });
