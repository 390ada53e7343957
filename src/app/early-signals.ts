/** Signals that came before the daemon could heed them. */
export interface EarlySignals {
  /**
   * Stops listening: the caller's own listeners, which are there by now, have the signals from here on.
   * @returns true when a SIGHUP came before: what is in force may be older than what it was sent for.
   */
  handOver(): boolean;
}

/** What is listened to, and how it is ended. */
type SignalSource = Pick<NodeJS.Process, 'on' | 'off' | 'exit'>;

/**
 * Listens from the first moment on, when the command is `run`: loading the program and its configuration takes a second or more, and
 * a signal without a listener ends the process (SIGHUP), or is lost to a container's first process (SIGTERM). Until the daemon
 * starts there is nothing to finish, so SIGTERM and SIGINT end the process at once, in order.
 * @returns `null` for any other command: Node's own handling of signals ends it.
 */
export function holdEarlySignals(
  argv: readonly string[],
  source: SignalSource = process,
): EarlySignals | null {
  if (commandOf(argv) !== 'run') return null;
  let wasHungUp = false;
  const onHangUp = (): void => {
    wasHungUp = true;
  };
  const onEnd = (): void => source.exit(0);
  source.on('SIGHUP', onHangUp);
  source.on('SIGTERM', onEnd).on('SIGINT', onEnd);
  return {
    handOver: () => {
      source.off('SIGHUP', onHangUp);
      source.off('SIGTERM', onEnd).off('SIGINT', onEnd);
      return wasHungUp;
    },
  };
}

/** Finds the first word that is neither an option nor the value of one. Only `--config` may stand before a command. */
function commandOf(argv: readonly string[]): string | undefined {
  return argv.find((word, index) => !word.startsWith('-') && !/^(-c|--config)$/.test(argv[index - 1] ?? ''));
}
