import { existsSync } from 'node:fs';
import { type AuditCheck, checkAudit } from '../audit/check.ts';
import { gatherEvidence } from '../audit/evidence.ts';
import type { CliParts } from '../cli/parts.ts';
import { inspectStore, openExistingStore } from '../store/open-store.ts';
import { shownPlace } from '../store/ports/address.ts';
import { boundHeapGrowth } from './heap-growth.ts';

/** Checks the file, and against the store where the configuration names one that exists. */
export async function verifyAudit({
  config,
  files,
  key,
  checkpoints,
  witnesses,
}: Parameters<CliParts['verifyAudit']>[0]): Promise<AuditCheck> {
  const isNew = files.every((file) => file === config?.audit?.file && !existsSync(file));
  if (config && isNew && !(await inspectStore(config.store, { mode: 'readonly' })).exists) {
    return { checked: [], head: null, problems: [], first: null, checkpoints: 0, notes: [] };
  }
  const store = config && (await openExistingStore(config.store, { mode: 'readonly' }));
  // A million lines are nearly all garbage.
  const unbound = boundHeapGrowth(30);
  try {
    const evidence = await gatherEvidence({
      key,
      checkpoints,
      ...(witnesses === undefined ? {} : { witnesses }),
      own: config?.audit?.checkpoints,
    });
    return await checkAudit(
      store,
      { store: config === null ? '' : shownPlace(config.store), files },
      evidence,
    );
  } finally {
    unbound();
    await store?.close();
  }
}
