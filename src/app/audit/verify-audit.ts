import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { type AuditCheck, checkAudit } from '../../audit/check.ts';
import { gatherEvidence } from '../../audit/evidence.ts';
import { systemUser } from '../../cli/os-user.ts';
import type { CliParts } from '../../cli/parts.ts';
import type { Clock } from '../../clock.ts';
import type { StoreAccess } from '../../config/store-access.ts';
import { toError } from '../../errors.ts';
import { inspectStore, openExistingStore } from '../../store/open-store.ts';
import { shownPlace } from '../../store/ports/address.ts';
import { boundHeapGrowth } from '../heap-growth.ts';

/** Who verifies. */
interface Verifier {
  clock: Clock;
  version: string;
}

type VerifyRequest = Parameters<CliParts['verifyAudit']>[0];

/**
 * Checks the file, and against the store where the configuration names one that exists, and notes there what came of it. A store that takes
 * no note (a copy that is only to be read, say) makes the check neither fail nor wait.
 */
export async function verifyAudit(request: VerifyRequest, verifier: Verifier): Promise<AuditCheck> {
  const check = await checkAll(request);
  const { config, isNoted } = request;
  const isOfStore = check.checked.some(({ what }) => what === 'store');
  if (config === null || !isNoted || !isOfStore) return check;
  try {
    await note(config, { ...check, isKeyGiven: request.key !== null }, verifier);
    return check;
  } catch (thrown) {
    const words = `what was found could not be noted in the store: ${toError(thrown).message}`;
    return { ...check, notes: [...check.notes, words] };
  }
}

async function note(
  { store: address }: Pick<StoreAccess, 'store'>,
  { head, problems, first, isKeyGiven }: AuditCheck & { isKeyGiven: boolean },
  { clock, version }: Verifier,
): Promise<void> {
  const store = await openExistingStore(address, { mode: 'readwrite' });
  try {
    await store?.noteVerified({
      at: clock.now(),
      by: `${systemUser()}@${hostname()}, version ${version}`,
      ...{ head, problems: problems.length, first, isKeyGiven },
    });
  } finally {
    await store?.close();
  }
}

async function checkAll({ config, files, key, checkpoints, witnesses }: VerifyRequest): Promise<AuditCheck> {
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
