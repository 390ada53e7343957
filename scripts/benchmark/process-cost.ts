import { readFileSync } from 'node:fs';

/** A tick of the times in `/proc/<pid>/stat`: USER_HZ is 100 on every architecture that Node runs on. */
const TICK_MS = 10;
const MIB_PER_KIB = 1 / 1024;

/** CPU time that a process and all its threads have used, user and system, in milliseconds. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the name of the program, in parentheses; it may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [fields[11], fields[12]].map(Number);
  return ((user ?? Number.NaN) + (system ?? Number.NaN)) * TICK_MS;
}

/** Resident memory in MiB: now, and at its highest. */
export function residentMib(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * MIB_PER_KIB;
  return { now: read('VmRSS'), peak: read('VmHWM') };
}

/** Resident memory of a process and all that it has started, in MiB; 0 once it has ended. Pages that they share count for each. */
export function treeResidentMib(pid: number): number {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    const below = children.map((child) => treeResidentMib(Number(child)));
    return below.reduce((sum, mib) => sum + mib, residentMib(pid).now || 0);
  } catch {
    // It ended between two reads.
    return 0;
  }
}
