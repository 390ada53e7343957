import type { Context } from 'hono';
import pLimit from 'p-limit';
import { type Timestamp, toIso } from '../../../domain/instant.ts';
import { StoreError, toError } from '../../../errors.ts';
import type { FaultLog } from '../../../logging/fault-log.ts';
import { type IdFinder, resolveJobId } from '../../../views/resolve-id.ts';
import { readAssets } from '../assets.ts';
import { htmlAnswer } from '../html-answer.ts';
import { many } from '../markup.ts';
import { type Refused, refusalWords, renderRefusal } from '../refused.ts';
import { type ZipFile, zipOf } from './zip.ts';

/** The proofs of the entries of one job. */
export interface JobProof {
  /** As `audit prove` writes them. */
  files: readonly ZipFile[];
  /** Entries that are proved. */
  entries: number;
  /** Entries of the job that the checkpoint does not hold yet. */
  unsigned: number;
  /** The checkpoint that proves them: when it was made, and how many entries of the log it holds. */
  signed: { at: Timestamp; size: number };
}

/**
 * Proves the entries of a job, out of the whole log; `null`: nothing is signed yet.
 * @throws {StoreError} reason `damaged` when the log is not the one that was signed; the reason of `signal` when that aborts.
 */
export type ProveJob = (jobId: string, signal: AbortSignal) => Promise<JobProof | null>;

/** What makes the answers. */
export interface ProofDeps {
  store: IdFinder;
  proveJob: ProveJob;
  closing: AbortSignal;
  faultLog: FaultLog;
}

/** Each reads the whole log once: one after the other, and no more than so many wait. */
const MOST_WAITING = 3;
const FAULT = '/jobs/:id/proof';

/** Answers `GET /jobs/{id}/proof` with an archive of what `audit prove` writes, or says in words why there is none. */
export function createProofs({ store, proveJob, closing, faultLog }: ProofDeps) {
  const oneByOne = pLimit(1);
  const prove = async (c: Context, id: string): Promise<Response | Refused> => {
    if (oneByOne.pendingCount >= MOST_WAITING || closing.aborted) return BUSY;
    const jobId = await resolveJobId(store, id);
    const proof = await oneByOne(() => proveJob(jobId, closing));
    faultLog.clear(FAULT, 'Restores are proved again');
    if (proof === null) return NOTHING_SIGNED;
    if (proof.entries === 0) return nothingToProve(jobId, proof);
    const files = [{ name: 'README.txt', text: readme(jobId, proof) }, ...proof.files];
    return c.body(zipOf(files, proof.signed.at), 200, {
      'Content-Type': 'application/zip',
      'Content-Disposition': `attachment; filename="restore-${jobId.replaceAll(/[^\w.-]/g, '_')}-proof.zip"`,
    });
  };
  return {
    answer: async (c: Context, id: string): Promise<Response> => {
      const refused = (words: Refused) =>
        htmlAnswer(c, renderRefusal(words, readAssets().paths), words.status);
      try {
        const answer = await prove(c, id);
        return answer instanceof Response ? answer : refused(answer);
      } catch (thrown) {
        const error = toError(thrown);
        if (closing.aborted) return refused(BUSY);
        const isDamage = error instanceof StoreError && error.reason === 'damaged';
        if (isDamage) faultLog.report(FAULT, 'A restore cannot be proved', { err: error }, 'error');
        const words = isDamage ? damaged(error) : refusalWords(error);
        if (words === null) throw thrown;
        return refused(words);
      }
    },
  };
}

const BUSY: Refused = {
  ...{ status: 503, title: 'Not now', candidates: [] },
  words: 'Other proofs are being made, each of which takes the whole audit log. Ask again in a moment.',
};

const NOTHING_SIGNED: Refused = {
  ...{ status: 409, title: 'Nothing is signed yet', candidates: [] },
  words:
    'A proof needs a checkpoint of the audit log, and none was made yet. The first one comes within audit.checkpointEvery of the start: ask again then.',
};

function nothingToProve(jobId: string, { unsigned, signed: { size } }: JobProof): Refused {
  if (unsigned === 0)
    return {
      ...{ status: 404, title: 'Nothing to prove', candidates: [] },
      words: `The audit log holds no entry about ${jobId}. It may be older than the log goes back, or of a project that is not watched.`,
    };
  return {
    ...{ status: 409, title: 'Not signed yet', candidates: [] },
    words: `What the audit log says of this restore (${many(unsigned, 'entry', 'entries')}) stands behind the last checkpoint, which holds the first ${many(size, 'entry', 'entries')}. Ask again after the next one, within audit.checkpointEvery.`,
  };
}

function damaged({ message, hint }: Error & { hint?: string | undefined }): Refused {
  const words = [`${message}.`, hint ?? ''].join(' ');
  return { status: 409, title: 'The audit log is not the one that was signed', words, candidates: [] };
}

function readme(jobId: string, { entries, unsigned, signed: { at, size } }: JobProof): string {
  const left =
    unsigned === 0
      ? ''
      : `\n${many(unsigned, 'entry', 'entries')} about it stand behind that checkpoint and are left out: ask again after the next one.\n`;
  return `What the audit log says of restore ${jobId}: ${many(entries, 'entry', 'entries')}.

entry-N.json is a line of the log, entry-N.tlog-proof the proof that it is entry N of the log whose
first ${size} entries were signed at ${toIso(at)} (C2SP tlog-proof).
${left}
To check it, without the log:

    restore-watcher audit verify --proof DIR --key VKEY

DIR is where this archive was unpacked. VKEY, the key of the log, is not in here on purpose: have it from
whoever keeps the log ("restore-watcher audit key"), and not along with the proof.
`;
}
