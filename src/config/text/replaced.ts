import { stat } from 'node:fs/promises';

/**
 * Finds the files that no directory names any more: their link count is 0. Where a container mounts a single file, and the file is
 * replaced on the host (as editors and deploy tools do, by renaming), the container goes on seeing the old one.
 */
export async function replacedFiles(paths: readonly string[]): Promise<string[]> {
  const looks = await Promise.all(paths.map(async (path) => ({ path, isReplaced: await isReplaced(path) })));
  return looks.filter((look) => look.isReplaced).map(({ path }) => path);
}

async function isReplaced(path: string): Promise<boolean> {
  try {
    return (await stat(path)).nlink === 0;
  } catch {
    // Gone since, or never a file of this disk: whoever needs it says so.
    return false;
  }
}
