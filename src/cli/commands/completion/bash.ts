import { quoted } from '../../../domain/shell-word.ts';
import { NAMES_COMMAND } from './names.ts';
import { oneOf } from './quote.ts';
import type { CommandWords, Expected, OptionWords } from './vocabulary.ts';
import { CONFIG_FLAGS, PROGRAMS, stepsOf, valuedFlagsOf } from './walk.ts';

/**
 * Writes the completion for bash (3.2 and newer). It needs no bash-completion, and evaluates nothing that was typed. Names are asked for
 * from the program that the line calls.
 * bash takes `--event=failed` for three words.
 */
export function bashCompletion(vocabulary: readonly CommandWords[]): string {
  return `# bash completion for restore-watcher: source <(restore-watcher completion bash)
_restore_watcher() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at='' words='' options='' files='' names='' config='' i word
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $prev == '=' ]]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "$at $word" in
      ${oneOf(stepsOf(vocabulary))}) at=\${at:+$at }$word ;;
      ${oneOf(valuedFlagsOf(vocabulary))})
        [[ \${COMP_WORDS[i+1]} == '=' ]] && i=$((i + 1))
        i=$((i + 1))
        case $word in ${CONFIG_FLAGS.join('|')}) config=\${COMP_WORDS[i]} ;; esac ;;
    esac
  done
  case "$at" in
${vocabulary.map(commandCase).join('\n')}
  esac
  COMPREPLY=()
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS='' read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$cur")
    return
  fi
  [[ -n $names && $cur != -* ]] && words=$("\${COMP_WORDS[0]}" ${NAMES_COMMAND} "$names" \${config:+--config "$config"} 2>/dev/null </dev/null)
  [[ $cur == -* || -z $names$words ]] && words=$options
  while IFS='' read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$words" -- "$cur")
}
complete -F _restore_watcher ${PROGRAMS.join(' ')}
`;
}

function commandCase({ path, commands, operands, operandNames, options }: CommandWords): string {
  const words = [...commands.map(({ name }) => name), ...operands];
  const flags = options.flatMap((option) => option.flags);
  return `    ${quoted(path)})
      case "$prev" in
${options.map(valueCase).join('')}        *) words=${quoted(words.join(' '))} options=${quoted(flags.join(' '))}${operandNames === null ? '' : ` names=${operandNames}`} ;;
      esac ;;`;
}

function valueCase({ flags, value }: OptionWords): string {
  if (value === null) return '';
  return `        ${flags.join('|')}) ${actionFor(value)} ;;\n`;
}

function actionFor(value: Expected): string {
  switch (value.kind) {
    case 'choices':
      return `words=${quoted(value.choices.join(' '))}`;
    case 'file':
      return 'files=1';
    case 'names':
      return `names=${value.of}`;
    case 'text':
      return ':';
  }
}
