import type { Output } from '../../view/output.ts';

const UP = (lines: number): string => (lines === 0 ? '' : `\u001b[${lines}A`);
/** A typed `^C` may stand there. */
const TO_LINE_START = '\r';
/** Before the line: behind one as wide as the terminal, its last character would go. */
const ERASE_LINE = '\u001b[K';
const ERASE_BELOW = '\u001b[J';
/** A line that is wider than the terminal must not take two, or the next drawing would begin too low. */
const NO_WRAP = '\u001b[?7l';
const WRAP = '\u001b[?7h';

/**
 * Draws lines in place of those that it drew before: for a terminal. The lines must fit its height.
 * Not `log-update`, which writes to the stream past `Output` and so would not see that the reader has gone.
 */
export function createRedraw(out: Output): (lines: readonly string[]) => void {
  let drawn = 0;
  return (lines) => {
    const text = lines.map((line) => `${ERASE_LINE}${line}\n`).join('');
    out.write(NO_WRAP + TO_LINE_START + UP(drawn) + text + ERASE_BELOW + WRAP);
    drawn = lines.length;
  };
}
