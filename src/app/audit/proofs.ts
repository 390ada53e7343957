import { parseCheckpoint } from '../../domain/evidence/checkpoint.ts';
import type { ProveJob } from '../../http/page/job/proof.ts';
import type { AuditReader } from '../../store/ports/audit.ts';

/** Proves the entries of jobs out of the log in the store, which every replica has, as the last checkpoint signs it. */
export function proverOf(
  store: Pick<AuditReader, 'lastCheckpoint' | 'readAuditLines' | 'auditStart'>,
): ProveJob {
  return async (jobId, signal) => {
    const { last } = await store.lastCheckpoint();
    const checkpoint = last === null ? null : parseCheckpoint(last.note);
    if (last === null || checkpoint === null) return null;
    // Few ask for it: it is no part of what a daemon holds in memory until somebody does.
    const [{ proveJob }, { proofFiles }] = await Promise.all([
      import('../../audit/proofs/prove-job.ts'),
      import('../../audit/proofs/proof-files.ts'),
    ]);
    const read = async (after: number, limit: number) => {
      signal.throwIfAborted();
      return { lines: await store.readAuditLines(after, limit), start: await store.auditStart() };
    };
    const { proven, unsigned } = await proveJob(read, jobId, { checkpoint, note: last.note });
    return {
      files: proofFiles(proven),
      ...{ entries: proven.length, unsigned },
      signed: { at: Date.parse(last.at), size: checkpoint.size },
    };
  };
}
