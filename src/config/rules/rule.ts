import type { SoundConfig } from '../schema/check-shape.ts';
import type { Found } from '../text/found.ts';
import type { Path } from '../text/paths.ts';

/** What a rule looks at, and where it tells what it finds. */
export interface RuleContext {
  /** The path of the configuration. */
  file: string;
  /** The sound parts of the file. Defaults are not filled in: `undefined` is absent or faulty. */
  config: SoundConfig;
  /** True when a part was taken out for a fault that has been told. */
  isFaulty(path: Path): boolean;
  found: Found;
  /** True for a text that holds what a placeholder stood for. */
  isFilledIn(path: Path): boolean;
  /** @throws when the file cannot be read. */
  readFile(path: string): Promise<string>;
  fault(path: Path, message: string): void;
  /** Not wrong, but worth telling. */
  warn(path: Path, message: string): void;
}

/** One rule of the configuration that the schema cannot say. */
export type Rule = (context: RuleContext) => void | Promise<void>;

/** The sound entries of a list, with their positions. */
export function entriesOf<Item>(list: ReadonlyArray<Item | undefined> | undefined): Array<[number, Item]> {
  return (list ?? []).flatMap(
    (item, index): Array<[number, Item]> => (item === undefined ? [] : [[index, item]]),
  );
}

/** The names in a section. `isComplete`: no name is hidden by a fault, so that what is not here does not exist. */
export function namesIn(
  { config, isFaulty }: RuleContext,
  section: 'connections' | 'watches' | 'channels',
): { names: string[]; isComplete: boolean } {
  const list: ReadonlyArray<{ readonly name?: string | undefined } | undefined> = config[section] ?? [];
  const names = list.flatMap((item) => (item?.name === undefined ? [] : [item.name]));
  return { names, isComplete: names.length === list.length && !isFaulty([section]) };
}
