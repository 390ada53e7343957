import type { WatcherConfig } from '../../../config/config.ts';
import { type IdForm, isWholeJobId, parseJobId } from '../../../domain/id-form.ts';
import type { Watch } from '../../../domain/job/watch.ts';
import { StoreError } from '../../../errors.ts';
import type { JobSource } from '../../../source/source.ts';
import { AmbiguousId, UnfitId } from '../../../views/resolve-id.ts';
import { listedJobsLike } from '../../../wait/named-jobs.ts';
import type { Cli } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { readStore } from '../../view/listing.ts';
import { printable } from '../../view/text.ts';

/** An id that somebody gave, and how it is read. */
export interface GivenId {
  text: string;
  form: IdForm;
}

/**
 * Reads the ids on the command line.
 * @throws {UnfitId} for the first that can be none.
 */
export function readGivenIds(texts: readonly string[]): GivenId[] {
  return texts.map((text) => {
    const form = parseJobId(text);
    if (form === null) throw new UnfitId('restore job', text);
    return { text, form };
  });
}

/**
 * Finds out whom the given ids mean. A whole id is taken as it is; of any other the store is asked, where it is to be used, and else
 * Atlas lists the jobs of the watch: what was only just begun is known to nobody else.
 * @throws {UsageError} when none is meant; AmbiguousId when several are; SourceError.
 */
export async function meantIds(
  cli: Cli,
  given: readonly GivenId[],
  where: { config: WatcherConfig; usesStore: boolean; source: JobSource; watch: Watch; signal: AbortSignal },
): Promise<string[]> {
  const ids = new Map<IdForm, string>();
  const open: GivenId[] = [];
  for (const one of given) {
    const id = isWholeJobId(one.form) ? one.form.head : await knownId(cli, one.form, where);
    if (id === null) open.push(one);
    else ids.set(one.form, id);
  }
  const forms = open.map(({ form }) => form);
  const listed = forms.length === 0 ? null : await listedJobsLike(forms, where);
  for (const { form, text } of open) {
    const jobs = listed?.get(form) ?? [];
    const [only, ...others] = jobs;
    if (only === undefined) {
      throw new UsageError(
        `watch ${where.watch.name} has no restore job like ${printable(text)}`,
        '"restore-watcher jobs" lists those on record; Atlas was asked for all that it lists.',
      );
    }
    if (others.length > 0) {
      const candidates = jobs.map((job) => ({
        id: job.id,
        about: `${job.instanceName} → ${job.targetClusterName ?? job.deliveryType} ${job.state}`,
      }));
      throw AmbiguousId.of('jobs', text, candidates.slice(0, MOST), candidates.length > MOST);
    }
    ids.set(form, only.id);
  }
  return [...new Set(given.flatMap(({ form }) => ids.get(form) ?? []))];
}

const MOST = 10;

/** The one job of this watch on record that fits; `null`: there is none, or more than one. */
async function knownId(
  cli: Cli,
  form: IdForm,
  { config, usesStore, watch }: { config: WatcherConfig; usesStore: boolean; watch: Watch },
): Promise<string | null> {
  if (!usesStore) return null;
  try {
    const known = await readStore(cli, config, async (store) => {
      const { ids, isComplete } = await store.findJobIds(form, MOST + 1);
      // Among those that were not looked at may be another of this watch.
      if (!isComplete || ids.length > MOST) return [];
      const seen = await store.readObservations(watch.name, ids);
      return ids.filter((id) => seen.has(id));
    });
    return known?.length === 1 ? (known[0] ?? null) : null;
  } catch (thrown) {
    // It only spares Atlas a listing.
    if (thrown instanceof StoreError) return null;
    throw thrown;
  }
}
