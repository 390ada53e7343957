import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Timestamp } from '../domain/instant.ts';
import { CONFIG_VARIABLE, configFile, DEFAULT_CONFIG } from './config-file.ts';
import type { CliParts } from './parts.ts';
import { parseTime } from './time.ts';
import { createOutput, type Output } from './view/output.ts';

/** One run of the command line. */
export interface Cli {
  parts: CliParts;
  out: Output;
  err: Output;
  /** What the command came to. */
  exitCode: number;
  /** The command was asked for JSON: an error is told in JSON too. */
  wantsJson: boolean;
  /** The command writes one JSON object a line, and so does its error. */
  writesJsonLines: boolean;
}

/** The state of one run of the program. It ends with exit code 0 unless a command says otherwise. */
export function createCli(parts: CliParts): Cli {
  const { stdout, stderr, env, redact } = parts;
  return {
    parts,
    out: createOutput(stdout, env),
    err: createOutput(stderr, env, redact),
    exitCode: 0,
    wantsJson: false,
    writesJsonLines: false,
  };
}

/** Options that every command has, or may have. */
export interface CommonOptions {
  config: string;
  json?: true;
}

/** `--config`, which every command has. */
export function configOption(): Option {
  return new Option(
    '-c, --config <file>',
    `the configuration (default: $${CONFIG_VARIABLE}, else "${DEFAULT_CONFIG}")`,
  );
}

/** Ties a command to what it does. `run` resolves to the exit code. */
export function onAction<Options>(
  cli: Cli,
  command: Command,
  run: (options: Options & CommonOptions, operands: readonly string[]) => Promise<number>,
): void {
  command.action(async () => {
    const options = command.optsWithGlobals<Options & Partial<CommonOptions>>();
    cli.wantsJson = options.json === true;
    const config = configFile(options.config, cli.parts.env);
    cli.exitCode = await run({ ...options, config }, command.args);
  });
}

/** `--json`, the same for every command that lists something. */
export function jsonOption(): Option {
  return new Option('--json', 'print JSON, for scripts');
}

/** `--limit`, a whole number; without it 100. */
export function limitOption(): Option {
  return new Option('--limit <number>', 'show at most so many').default(100).argParser(parseLimit);
}

/** `--since` or `--until`. */
export function timeOption(cli: Cli, flag: 'since' | 'until', what: string): Option {
  const parse = (text: string): Timestamp => parseTime(text, cli.parts.clock.now());
  return new Option(`--${flag} <time>`, `${what}: ISO 8601, or a duration back from now (7d)`).argParser(
    parse,
  );
}

function parseLimit(text: string): number {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw new InvalidArgumentError('Expected a whole number, 1 or more.');
  return value;
}
