import { quoted } from '../../../domain/shell-word.ts';
import { NAMES_COMMAND, type NamedThing } from './names.ts';
import { oneOf } from './quote.ts';
import type { CommandWords, Expected, OptionWords } from './vocabulary.ts';
import { CONFIG_FLAGS, PROGRAMS, stepsOf, valuedFlagsOf } from './walk.ts';

/** Writes the completion for zsh: to be sourced after `compinit`, or kept as `_restore-watcher` in a folder of `fpath`. */
export function zshCompletion(vocabulary: readonly CommandWords[]): string {
  return `#compdef ${PROGRAMS.join(' ')}
# zsh completion for restore-watcher: source <(restore-watcher completion zsh)
_restore_watcher() {
  local at='' word='' config='' prev=\${words[CURRENT-1]} i
  local -a commands options
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    case "$at $word" in
      (${oneOf(stepsOf(vocabulary))}) at="\${at:+$at }$word" ;;
      (${oneOf(valuedFlagsOf(vocabulary))})
        i=$((i + 1))
        case $word in (${CONFIG_FLAGS.join('|')}) config=\${words[i]} ;; esac ;;
    esac
  done
  if [[ \${words[CURRENT]} == --*=* ]]; then
    prev=\${words[CURRENT]%%=*}
    compset -P '*='
  fi
  case "$at" in
${vocabulary.map(commandCase).join('\n')}
  esac
  (( \${#commands} )) && _describe -t commands command commands
  [[ \${words[CURRENT]} == -* || \${#commands} -eq 0 ]] && _describe -o -t options option options
}
if [[ \${funcstack[1]} == _restore_watcher || \${funcstack[1]} == _restore-watcher ]]; then
  _restore_watcher "$@"
else
  compdef _restore_watcher ${PROGRAMS.join(' ')}
fi
`;
}

function commandCase({ path, commands, operands, operandNames, options }: CommandWords): string {
  const words = [
    ...commands.map(({ name, description }) => described(name, description)),
    ...operands.map(quoted),
  ];
  const flags = options.flatMap((option) => option.flags.map((flag) => described(flag, option.description)));
  return `    (${quoted(path)})
      case "$prev" in
${options.map(valueCase).join('')}      esac
      commands=(${words.join(' ')})
      options=(${flags.join(' ')})${operandNames === null ? '' : `\n      [[ \${words[CURRENT]} == -* ]] || { ${namesAction(operandNames)}; return }`} ;;`;
}

function valueCase({ flags, value }: OptionWords): string {
  if (value === null) return '';
  return `        (${flags.join('|')}) ${actionFor(value)}; return ;;\n`;
}

function actionFor(value: Expected): string {
  switch (value.kind) {
    case 'choices':
      return `compadd -- ${value.choices.map(quoted).join(' ')}`;
    case 'file':
      return '_files';
    case 'names':
      return namesAction(value.of);
    case 'text':
      return ':';
  }
}

function namesAction(of: NamedThing): string {
  return `compadd -- \${(f)"$("\${words[1]}" ${NAMES_COMMAND} ${of} \${config:+--config} \${config:+"$config"} 2>/dev/null </dev/null)"}`;
}

/** `_describe` splits at the first colon that has no backslash before it. */
function described(word: string, description: string): string {
  return quoted(`${word}:${description.replaceAll('\\', '\\\\').replaceAll(':', '\\:')}`);
}
