import { resolve } from 'node:path';
import {
  DEFAULT_AUDIT,
  DEFAULT_STORE,
  defaultCheckpoints,
  defaultKeyFile,
  embeddedFile,
} from '../schema/default-store.ts';
import { formatPath, type Path } from '../text/paths.ts';
import type { Rule, RuleContext } from './rule.ts';

const STORE: Path = ['store', 'url'];
const MIRROR: Path = ['audit', 'file'];

/** What lies beside the file of an embedded store: SQLite's own files, and the lock of the daemon. */
const BESIDE_STORE = ['-wal', '-shm', '-journal', '.lock', '.lock.holder'];
/** What lies beside the key of the log: the key by which the logs of others are cosigned. */
const BESIDE_KEY = ['.witness'];

/** A file that the watcher keeps, and the key of the configuration that names it. */
interface OwnFile {
  path: Path;
  file: string;
  /** False: it is where the default has it, which hangs on the keys `by`. */
  isWritten: boolean;
  by: readonly Path[];
  /** Endings of the files that lie beside it. */
  beside: readonly string[];
}

/** No two of the files that the watcher keeps are one: the mirror of the audit log would put the database aside as a damaged mirror. */
export const ownFilesDiffer: Rule = (context) => {
  const own = ownFiles(context);
  for (const [index, one] of own.entries()) {
    const other = own.slice(0, index).find((before) => areOne(before, one));
    // What somebody has written is at fault; a default is not.
    const [at, against] = one.isWritten ? [one, other] : [other, one];
    if (at !== undefined && against !== undefined)
      context.fault(at.path, `expected another file than ${wordsFor(against, at)}`);
    else if (one.isWritten && resolve(one.file) === resolve(context.file))
      context.fault(one.path, 'expected another file than the configuration itself');
  }
};

/** The files whose names are certain, in the order in which they are looked at. */
function ownFiles({ config, isFaulty }: RuleContext): OwnFile[] {
  const { url } = config.store ?? {};
  const { file, checkpoints, keyFile } = config.audit ?? {};
  const storeUrl = url ?? DEFAULT_STORE.url;
  const mirror = file ?? DEFAULT_AUDIT.file;
  const own = (path: Path, written: string | undefined, standard: string): OwnFile => ({
    ...{ path, file: written ?? standard, isWritten: written !== undefined, by: [], beside: [] },
  });
  const store = embeddedFile(storeUrl);
  const all: OwnFile[] = [
    ...(store === null ? [] : [{ ...own(STORE, url && store, store), beside: BESIDE_STORE }]),
    own(MIRROR, file, mirror),
    { ...own(['audit', 'checkpoints'], checkpoints, defaultCheckpoints(mirror)), by: [MIRROR] },
    {
      ...own(['audit', 'keyFile'], keyFile, defaultKeyFile(mirror, storeUrl)),
      ...{ by: [MIRROR, STORE], beside: BESIDE_KEY },
    },
  ];
  return all.filter(({ path, isWritten, by }) => ![path, ...(isWritten ? [] : by)].some(isFaulty));
}

function areOne(one: OwnFile, other: OwnFile): boolean {
  const names = new Set(namesOf(one));
  return namesOf(other).some((name) => names.has(name));
}

function namesOf({ file, beside }: OwnFile): string[] {
  return ['', ...beside].map((ending) => resolve(`${file}${ending}`));
}

/** Says which file another one must not be: the one that a key names, or one that lies beside that. */
function wordsFor(against: OwnFile, at: OwnFile): string {
  const { path, file, isWritten, beside } = against;
  const key = `the one of ${formatPath(path)}`;
  const name = isWritten ? key : `${key} (${JSON.stringify(file)} unless configured)`;
  return namesOf(at).includes(resolve(file)) ? name : `those beside ${name}: ${beside.join(', ')}`;
}
