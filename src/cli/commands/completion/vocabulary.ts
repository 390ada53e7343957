import type { Command, Option } from 'commander';
import type { NamedThing } from './names.ts';

/** What may follow a flag, or stand as an operand. */
export type Expected =
  | { kind: 'choices'; choices: readonly string[] }
  | { kind: 'file' }
  /** Names that the configuration gives: the script asks for them when they are wanted. */
  | { kind: 'names'; of: NamedThing }
  /** Something that only the person knows. */
  | { kind: 'text' };

/** One option of a command. */
export interface OptionWords {
  /** As they are typed: `-c`, `--config`. */
  flags: readonly string[];
  description: string;
  /** `null`: nothing follows the option. */
  value: Expected | null;
  /** The next word belongs to the option, whatever it looks like. */
  isValueRequired: boolean;
}

/** What can be typed after one command. */
export interface CommandWords {
  /** The words of the command, with a space between: `audit verify`; `''` for the program itself. */
  path: string;
  commands: ReadonlyArray<{ name: string; description: string }>;
  options: readonly OptionWords[];
  /** What the first operand may be, where a closed set says so. */
  operands: readonly string[];
  /** Of what the first operand is the name; `null`: of nothing that the configuration names. */
  operandNames: NamedThing | null;
}

/** Lists what can be typed after each command of a program, the program itself first, from the same tree that reads the command line. */
export function vocabularyOf(program: Command, path = ''): readonly CommandWords[] {
  const help = program.createHelp();
  const commands = help.visibleCommands(program);
  const own: CommandWords = {
    path,
    commands: commands.map((command) => ({ name: command.name(), description: command.description() })),
    options: [...help.visibleOptions(program), ...help.visibleGlobalOptions(program)].map(optionWords),
    operands: program.registeredArguments[0]?.argChoices ?? [],
    operandNames: program.registeredArguments[0]?.name() === 'watch' ? 'watches' : null,
  };
  return [
    own,
    ...commands.flatMap((command) =>
      vocabularyOf(command, path ? `${path} ${command.name()}` : command.name()),
    ),
  ];
}

function optionWords(option: Option): OptionWords {
  const { short, long, description, required, optional } = option;
  return {
    flags: [short, long].filter((flag) => flag !== undefined && flag !== null),
    description,
    value: required || optional ? expected(option) : null,
    isValueRequired: required,
  };
}

function expected({ argChoices, flags }: Option): Expected {
  if (argChoices && argChoices.length > 0) return { kind: 'choices', choices: argChoices };
  const [, named] = /^--(watch|channel) <name>$/.exec(flags) ?? [];
  if (named !== undefined) return { kind: 'names', of: named === 'watch' ? 'watches' : 'channels' };
  return /[<[](?:file|dir)[\]>]$/.test(flags) ? { kind: 'file' } : { kind: 'text' };
}
