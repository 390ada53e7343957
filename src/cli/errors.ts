import { CommanderError } from 'commander';
import { ConfigError, issueText, toError, WatcherError } from '../errors.ts';
import { AmbiguousId } from '../views/resolve-id.ts';
import { Unfit } from '../views/unfit.ts';
import { printable } from './view/text.ts';

/** Exit codes of the whole program. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** The command line asks for something that makes no sense. */
export class UsageError extends WatcherError {
  constructor(message: string, hint?: string) {
    super('usage', message, { hint });
  }
}

/** An error as the command line shows it. */
export interface Explanation {
  exitCode: number;
  /** For people, on stderr. Empty when it has been said already. */
  lines: string[];
  /** For scripts; `null` when there is nothing to say. */
  json: { error: Record<string, unknown> } | null;
}

/** Turns whatever was thrown into text and an exit code: one line and a hint for what we know, the stack for what we do not. */
export function explain(thrown: unknown): Explanation {
  // commander has written its own message by then.
  if (thrown instanceof CommanderError) {
    return { exitCode: thrown.exitCode === 0 ? EXIT.done : EXIT.usage, lines: [], json: null };
  }
  const error = toError(thrown);
  if (!(error instanceof WatcherError)) {
    return {
      exitCode: EXIT.failed,
      lines: [error.stack ?? String(error)],
      json: { error: { code: 'unexpected', message: error.message, hint: null } },
    };
  }
  const issues = error instanceof ConfigError ? error.issues : [];
  const candidates = error instanceof AmbiguousId ? error.candidates : [];
  return {
    exitCode: isUsage(error) ? EXIT.usage : EXIT.failed,
    lines: [
      `error: ${printable(error.message)}`,
      ...issues.map((issue) => `  ${printable(issueText(issue))}`),
      ...candidates.map(({ id, about }) => printable(`  ${id}  ${about}`).trimEnd()),
      ...(error.hint === undefined ? [] : [`hint: ${printable(error.hint)}`]),
    ],
    json: {
      error: {
        code: error.code,
        message: error.message,
        hint: error.hint ?? null,
        ...(error instanceof ConfigError ? { issues } : {}),
        ...(error instanceof AmbiguousId ? { candidates } : {}),
      },
    },
  };
}

function isUsage(error: WatcherError): boolean {
  return [ConfigError, UsageError, AmbiguousId, Unfit].some((kind) => error instanceof kind);
}
