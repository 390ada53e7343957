import { HEARTBEAT_WORDS, type HeartbeatAnswer } from '../../health/heartbeat-answer.ts';
import type { Cli } from '../command.ts';
import { printable } from './text.ts';

const COLOURS = { taken: 'green', doubtful: 'yellow', refused: 'red' } as const;

/** Prints what came of a try of the heartbeat, in a line, with what to do about it; nothing where there is no heartbeat. */
export function printHeartbeat({ out }: Cli, answer: HeartbeatAnswer | null): void {
  if (answer === null) return;
  const words = out.paint(COLOURS[answer.kind], HEARTBEAT_WORDS[answer.kind]);
  out.line(`\n${out.paint('bold', 'Heartbeat')}: ${words} (${printable(answer.detail)})`);
  if (answer.kind !== 'taken' && answer.hint !== null) out.line(`  hint: ${printable(answer.hint)}`);
}

/** The same for scripts: `null` where there is no heartbeat. */
export function heartbeatView(answer: HeartbeatAnswer | null): Record<string, unknown> | null {
  if (answer === null) return null;
  const { kind, detail } = answer;
  return { outcome: kind, detail, hint: kind === 'taken' ? null : answer.hint };
}
