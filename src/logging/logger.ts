/** What the parts need to say what they do. Fields are JSON; an `Error` under `err` is written with its causes. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** What a line of the log says besides its message. */
export type LogFields = Readonly<Record<string, unknown>>;
