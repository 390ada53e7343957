import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The root of the checkout. */
export const ROOT = resolve(import.meta.dirname, '../../..');

/** What is measured has a folder and a configuration of its own. */
const OF_THE_IMAGE_ALONE = /RESTORE_WATCHER_CONFIG=\S+/;
/** Where the image has the program. */
const IMAGE_FOLDER = '/app';

/**
 * A container has a limit, by which the heap goes, and this machine has none that could be set. More than the deploy files give, since
 * a row with 2,000 watches is among what is measured; the heap grows alike in both.
 */
const CONTAINER_MIB = 512;

/** How the image runs the program, with its paths moved into this checkout. */
export interface ImageProgram {
  /** What ENTRYPOINT says: a program and its first arguments, without the command. */
  entrypoint: readonly string[];
  /** What HEALTHCHECK runs. */
  healthcheck: readonly string[];
  /** What ENV sets. */
  env: Readonly<Record<string, string>>;
}

/** Reads a Dockerfile's last stage: so that what is measured is what the image does, and stands in one place. */
export function readImage(file = join(ROOT, 'Dockerfile')): ImageProgram {
  return imageOf(readFileSync(file, 'utf8'), ROOT);
}

/** As `readImage`, from the text of a Dockerfile. @throws when it has no ENTRYPOINT or HEALTHCHECK as a list. */
export function imageOf(dockerfile: string, root: string): ImageProgram {
  const lines = dockerfile
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim());
  const stage = lines.slice(lines.findLastIndex((line) => /^FROM\s/i.test(line)));
  const local = (text: string): string =>
    text.replaceAll(new RegExp(`(?<=^|[=:])${IMAGE_FOLDER}(?=/|$)`, 'g'), root);
  const limited = (argument: string): string =>
    argument.replace(
      /^--max-old-space-size-percentage=(\d+)$/,
      (_, percent: string) => `--max-old-space-size=${Math.floor((CONTAINER_MIB * Number(percent)) / 100)}`,
    );
  const command = (instruction: RegExp): string[] => {
    const list = stage.map((line) => instruction.exec(line)?.[1]).findLast((found) => found !== undefined);
    if (list === undefined) throw new Error(`the Dockerfile has no ${instruction.source}`);
    const [program, ...rest] = JSON.parse(list) as string[];
    return [program === 'node' ? process.execPath : local(program ?? ''), ...rest.map(local).map(limited)];
  };
  return {
    entrypoint: command(/^ENTRYPOINT\s+(\[.*\])$/),
    healthcheck: command(/^HEALTHCHECK\s.*?\bCMD\s+(\[.*\])$/),
    env: Object.fromEntries(
      stage
        .map((line) => line.replace(OF_THE_IMAGE_ALONE, ''))
        .flatMap((line) =>
          [...(/^ENV\s+(.*)$/.exec(line)?.[1] ?? '').matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g)].map(
            ([, name = '', quoted, plain = '']) => [name, local(quoted ?? plain)],
          ),
        ),
    ),
  };
}
