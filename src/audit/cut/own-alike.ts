import { type FileHandle, stat } from 'node:fs/promises';

/**
 * Gives an open file the owner, the group and the mode of another one, as far as this process may: who was let to read the one is to read
 * what takes its place.
 * @throws the fault of the file system when the other one is not there.
 */
export async function ownAlike(handle: FileHandle, other: string): Promise<void> {
  const { uid, gid, mode } = await stat(other);
  const own = await handle.stat();
  // Only root gives files away; a group that one is in may be given by anybody.
  if (own.uid !== uid) await handle.chown(uid, gid).catch(() => {});
  if ((await handle.stat()).gid !== gid) await handle.chown(own.uid, gid).catch(() => {});
  await handle.chmod(mode & 0o777);
}
