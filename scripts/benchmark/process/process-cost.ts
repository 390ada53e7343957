import { readdirSync, readFileSync } from 'node:fs';

/** Of the times in `/proc/<pid>/schedstat`. */
const MS_PER_NS = 1e-6;
const MIB_PER_KIB = 1 / 1024;

/** Memory of a process in MiB. */
export interface Memory {
  resident: number;
  /** What no other process shares: the rest is mostly Node's own mapped program. */
  private: number;
  /** The highest that `resident` has been. */
  peak: number;
}

/**
 * CPU time in milliseconds that the living threads of a process have used, user and system. Differences are right as long as no
 * thread ends in between, and Node's live as long as it does. Not a number once the process has ended.
 */
export function cpuMs(pid: number): number {
  try {
    let nanoseconds = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
    }
    return nanoseconds * MS_PER_NS;
  } catch {
    return Number.NaN;
  }
}

/** Memory as it is now. */
export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return {
    resident: mib(status, 'VmRSS'),
    private: mib(rollup, 'Private_Clean') + mib(rollup, 'Private_Dirty'),
    peak: mib(status, 'VmHWM'),
  };
}

/** The highest that the resident memory of a process has been, in MiB; 0 once it has ended. */
export function peakMib(pid: number): number {
  try {
    return mib(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmHWM') || 0;
  } catch {
    return 0;
  }
}

/** Resident memory of a process and all that it has started, in MiB; 0 once it has ended. Pages that they share count for each. */
export function treeResidentMib(pid: number): number {
  try {
    const below = childrenOf(pid).map(treeResidentMib);
    const own = mib(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmRSS') || 0;
    return below.reduce((sum, each) => sum + each, own);
  } catch {
    // It ended between two reads.
    return 0;
  }
}

/** The processes that this one has started and that are alive. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function mib(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) * MIB_PER_KIB;
}
