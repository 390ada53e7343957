import { NAMES_COMMAND, type NamedThing } from './names.ts';
import type { CommandWords, OptionWords } from './vocabulary.ts';
import { CONFIG_FLAGS, PROGRAMS, stepsOf, valuedFlagsOf } from './walk.ts';

/** Writes the completion for fish (3.0 and newer). */
export function fishCompletion(vocabulary: readonly CommandWords[]): string {
  const rules = vocabulary.flatMap(rulesOf);
  return `# fish completion for restore-watcher: restore-watcher completion fish | source
function __restore_watcher_at
    set -l at ''
    set -l is_value 0
    for word in (commandline -opc)[2..-1]
        if test $is_value = 1
            set is_value 0
            continue
        end
        switch "$at $word"
            case ${stepsOf(vocabulary).map(quoted).join(' ')}
                set at (string trim -- "$at $word")
            case ${valuedFlagsOf(vocabulary).map(quoted).join(' ')}
                set is_value 1
        end
    end
    test "$at" = "$argv[1]"
end
function __restore_watcher_names
    set -l line (commandline -opc)
    set -l config
    for i in (seq 2 (count $line))
        if contains -- "$line[$i]" ${CONFIG_FLAGS.join(' ')}; and test $i -lt (count $line)
            set config --config $line[(math $i + 1)]
        end
    end
    command $line[1] ${NAMES_COMMAND} $argv[1] $config 2>/dev/null </dev/null
end
${PROGRAMS.flatMap((program) => [`complete -c ${program} -e`, `complete -c ${program} -f`, ...rules.map((rule) => `complete -c ${program} ${rule}`)]).join('\n')}
`;
}

function rulesOf({ path, commands, operands, operandNames, options }: CommandWords): string[] {
  const here = `-n ${quoted(`__restore_watcher_at ${quoted(path)}`)}`;
  return [
    ...commands.map(({ name, description }) => `${here} -a ${quoted(name)} -d ${quoted(description)}`),
    ...operands.map((word) => `${here} -a ${quoted(word)}`),
    ...(operandNames === null ? [] : [`${here} -a ${quoted(namesOf(operandNames))}`]),
    ...options.map(
      (option) => `${here} ${flagsOf(option)}${parameterOf(option)} -d ${quoted(option.description)}`,
    ),
  ];
}

function namesOf(of: NamedThing): string {
  return `(__restore_watcher_names ${of})`;
}

function flagsOf({ flags }: OptionWords): string {
  return flags
    .map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
    .join(' ');
}

function parameterOf({ value, isValueRequired }: OptionWords): string {
  if (!isValueRequired) return '';
  switch (value?.kind) {
    case undefined:
      return '';
    case 'choices':
      return ` -x -a ${quoted(value.choices.join(' '))}`;
    case 'file':
      return ' -r -F';
    case 'names':
      return ` -x -a ${quoted(namesOf(value.of))}`;
    case 'text':
      return ' -x';
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
