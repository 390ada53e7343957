import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTestimony } from './witness.ts';
import type { ReplicaWorld } from './world.ts';

/** Leaves in a folder what each replica has said, and what the database has seen, with what else is known, for whoever looks into it. */
export async function leaveLogs(
  { replicas, postgres }: Pick<ReplicaWorld, 'replicas' | 'postgres'>,
  folder: string,
  known: object = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, output } of replicas) await writeFile(join(folder, `${name}.log`), output());
  const seen = { ...known, ...(await readTestimony(postgres.url)) };
  await writeFile(join(folder, 'seen.json'), JSON.stringify(seen));
}
