import { InvalidArgumentError, Option } from 'commander';

/** `--author`, of whoever sets or ends a mute. */
export function authorOption(): Option {
  return new Option(
    '--author <name>',
    "who does it (default: the system's user, where that is somebody)",
  ).argParser(parseText);
}

/** Reads a text that says something. @throws {InvalidArgumentError} */
export function parseText(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw new InvalidArgumentError('It must not be empty.');
  return trimmed;
}
