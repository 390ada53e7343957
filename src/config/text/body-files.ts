import type { FilledConfigFile } from '../schema/schema.ts';

/** The contents of the files that bodies of templates stand in, by their paths. That they can be read has been checked. */
export async function readBodyFiles(
  { channels }: FilledConfigFile,
  readFile: (path: string) => Promise<string>,
): Promise<ReadonlyMap<string, string>> {
  const files = channels.flatMap((channel) => {
    if (!('template' in channel) || !channel.template || !('bodyFile' in channel.template)) return [];
    return channel.template.bodyFile ?? [];
  });
  return new Map(await Promise.all(files.map(async (file) => [file, await readFile(file)] as const)));
}

/** Reads each file once, so that what is used is what has been checked. */
export function rememberingFiles(
  readFile: (path: string) => Promise<string>,
): (path: string) => Promise<string> {
  const read = new Map<string, Promise<string>>();
  return (path) => {
    const reading = read.get(path) ?? readFile(path);
    read.set(path, reading);
    return reading;
  };
}
