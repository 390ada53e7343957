import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment } from '../../test/support/child-environment.ts';
import { MAIN } from '../../test/support/program.ts';

/** A command of the program in a terminal of its own. */
export interface InTerminal {
  /** All that the terminal has got so far. */
  output(): string;
  /** Resolves with all of it when the command has ended, however it did. */
  ended: Promise<string>;
}

const ROWS = 50;

/**
 * Runs a command of the program in a terminal of so many columns, made by `script` of util-linux: only a terminal makes it print colours,
 * cut to a width, and draw over what it drew.
 */
export function runInTerminal(
  args: readonly string[],
  { columns, dir }: { columns: number; dir: string },
): InTerminal {
  const quoted = [process.execPath, MAIN, ...args]
    .map((one) => `'${one.replaceAll("'", "'\\''")}'`)
    .join(' ');
  const child = spawn('script', ['-qec', `stty cols ${columns} rows ${ROWS}; exec ${quoted}`, '/dev/null'], {
    cwd: dir,
    env: childEnvironment({ TERM: 'xterm', SHELL: '/bin/sh', USER: 'ann' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  const { promise: ended, resolve, reject } = Promise.withResolvers<string>();
  child.once('error', reject).once('close', () => resolve(output));
  return { output: () => output, ended };
}

const ESCAPE = '\u001b';
/** What stands before each drawing of `createRedraw`, behind it, and before each of its lines. */
const DRAWING = { start: `${ESCAPE}[?7l\r`, end: `${ESCAPE}[J${ESCAPE}[?7h`, line: `${ESCAPE}[K` };

/** The drawings that stood in a terminal one over the other, without the escapes that move the cursor. */
export function drawingsOf(output: string): string[] {
  const [, ...drawings] = output.replaceAll('\r\n', '\n').split(DRAWING.start);
  return drawings.flatMap((drawing) => {
    const end = drawing.indexOf(DRAWING.end);
    return end === -1 ? [] : [drawing.slice(drawing.indexOf(DRAWING.line), end).replaceAll(DRAWING.line, '')];
  });
}

/** Waits until the condition holds. @throws when it does not for a minute. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const endsAt = performance.now() + 60_000;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error(`waited a minute in vain for ${what}`);
    await delay(100);
  }
}
