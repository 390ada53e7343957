import type { Target } from '../../../domain/job/watch.ts';
import { SourceError } from '../../../errors.ts';
import type { JobAnswer, JobSource } from '../../../source/source.ts';

/**
 * Reads jobs of an instance that has left the list of those that a watch follows. Where it has become another kind, its jobs are asked for
 * under that one. What can no longer be asked for, since the instance or its project has gone, is not there any more.
 */
export function sourceOfLeaving(
  source: JobSource,
  { hasProjectGone }: { hasProjectGone: boolean },
): JobSource {
  const readJob: JobSource['readJob'] = async (target, jobId, options) => {
    const ask = async (where: Target): Promise<JobAnswer | SourceError> => {
      try {
        return await source.readJob(where, jobId, options);
      } catch (thrown) {
        if (options.signal.aborted || !(thrown instanceof SourceError)) throw thrown;
        if (!saysGone(thrown, hasProjectGone)) throw thrown;
        return thrown;
      }
    };
    const answer = await ask(target);
    if (!(answer instanceof SourceError)) return answer;
    const { suggestedKind: kind } = answer;
    const again =
      kind === null || kind === target.kind
        ? answer
        : await ask({ ...target, kind, apiVersion: newest(target) });
    return again instanceof SourceError ? { kind: 'not_found', atlasCode: again.atlasCode ?? null } : again;
  };
  return { ...source, readJob };
}

/** Of Atlas's versions this one has every kind. */
function newest({ apiVersion }: Target): Target['apiVersion'] {
  return apiVersion === 'public' ? apiVersion : 'v2';
}

function saysGone({ reason, subject }: SourceError, hasProjectGone: boolean): boolean {
  if (subject === 'project') return reason === 'not_found' || (reason === 'auth' && hasProjectGone);
  if (subject === 'instance') return reason === 'not_found' || reason === 'bad_request';
  return subject === 'kind';
}
