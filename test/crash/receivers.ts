import { type Channel, type Receipt, type Script, startListener, type Trouble } from './listeners.ts';
import { startTrap } from './trap.ts';

export { CHANNELS, type Channel, type Receipt } from './listeners.ts';

export interface CrashReceiver {
  /** An entry for `channels` of the configuration, named for its type. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Everything that was accepted, in order. */
  receipts(): Receipt[];
  /** Resolves once `fits` holds, which is asked at every message that comes in. */
  until(fits: () => boolean, timeoutMs?: number): Promise<void>;
  /** Asks the script what each further message meets; `null` ends it, and every message is accepted. */
  trouble(script: Script | null): void;
  /** Calls `act` when the next message has been read in full and not been answered; it then meets its fate, whatever a script says. */
  atNextMessage(fate: 'accept' | Trouble, act: () => void): void;
  /**
   * Takes the receiver away, and calls `act` at the next connection, of which no byte is read or written. Resolves, with the function
   * that brings the receiver back, once the trap is set.
   */
  trapNextConnection(act: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Starts a receiver of the simulator, on any free port, which it keeps. */
export async function startReceiver(channel: Channel): Promise<CrashReceiver> {
  const earlier: Receipt[] = [];
  let trouble: Script | null = null;
  let next: { fate: 'accept' | Trouble; act: () => void } | null = null;

  const script: Script = (eventIds) => {
    if (!next) return trouble?.(eventIds) ?? null;
    const { fate, act } = next;
    next = null;
    act();
    return fate === 'accept' ? null : fate;
  };
  let listener = await startListener(channel, script);
  const { config } = listener;
  const port = Number(new URL(String(config.url ?? config.smtpUrl)).port);

  return {
    config,
    receipts: () => [...earlier, ...listener.receipts()],
    until: async (fits, timeoutMs) => {
      if (!fits()) await listener.waitFor(fits, timeoutMs);
    },
    trouble: (further) => {
      trouble = further;
    },
    atNextMessage: (fate, act) => {
      next = { fate, act };
    },
    trapNextConnection: async (act) => {
      await listener.close();
      earlier.push(...listener.receipts());
      const trap = await startTrap(port, act);
      return async () => {
        await trap.close();
        listener = await startListener(channel, script, port);
      };
    },
    close: () => listener.close(),
  };
}
