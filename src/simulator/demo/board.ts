import type { Timestamp } from '../../domain/instant.ts';
import { type Arrival, fromMail, fromSlack, fromWebhook } from './arrivals.ts';
import { type Change, isComplete, type Tally, tally } from './ledger.ts';
import { formatArrival, formatNote, formatScene } from './report.ts';
import type { DemoStage } from './stage.ts';
import type { Look, Paint } from './style.ts';

/** Where the demo is written down and shown while it goes on. */
export interface DemoBoard {
  /** Shows a headline. */
  scene(text: string, look: Look): void;
  /** Shows what somebody said who was asked. */
  note(speaker: string, text: string, look: Look): void;
  /** Notes changes that the channels have to be told of. */
  expect(changes: ReadonlyArray<Omit<Change, 'at'>>): void;
  tally(): Tally;
  /** The content of every message that arrived. */
  contents(): string[];
  /** Resolves when all that is expected has arrived: true; or after `timeoutMs`, or when the signal aborts: false. */
  whenComplete(timeoutMs: number, signal: AbortSignal): Promise<boolean>;
  elapsedMs(): number;
  /** Shows nothing more. */
  close(): void;
}

/** Listens to the receivers of the stage and prints each message as it arrives. */
export function createDemoBoard(options: {
  stage: DemoStage;
  print: (line: string) => void;
  paint: Paint;
  /** When the clock of the demo stood at zero. */
  startedAt: Timestamp;
}): DemoBoard {
  const { stage, print, paint, startedAt } = options;
  const now = Date.now;
  const changes: Change[] = [];
  const arrivals: Arrival[] = [];
  const watching = new Set<() => void>();

  const take = (arrival: Arrival): void => {
    arrivals.push(arrival);
    for (const line of formatArrival(arrival, arrival.at - startedAt, paint)) print(line);
    for (const look of [...watching]) look();
  };
  const stops = [
    stage.slack.onReceived((message) => take(fromSlack(message))),
    stage.smtp.onReceived((mail) => take(fromMail(mail))),
    stage.webhook.onReceived((request) => take(fromWebhook(request))),
  ];
  const account = (): Tally => tally(changes, arrivals);

  return {
    scene: (text, look) => {
      for (const line of formatScene(text, now() - startedAt, look, paint)) print(line);
    },
    note: (speaker, text, look) => {
      print(formatNote(speaker, text, now() - startedAt, look, paint));
    },
    expect: (expected) => {
      const at = now();
      for (const change of expected) changes.push({ ...change, at });
    },
    tally: account,
    contents: () => arrivals.map(({ content }) => content),
    whenComplete: async (timeoutMs, signal) => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const look = (): void => {
        if (isComplete(account())) resolve(true);
      };
      watching.add(look);
      look();
      try {
        return await orGiveUp(promise, timeoutMs, signal);
      } finally {
        watching.delete(look);
      }
    },
    elapsedMs: () => now() - startedAt,
    close: () => {
      for (const stop of stops) stop();
    },
  };
}

/** Resolves as the promise does; with false after `timeoutMs`, or when the signal aborts. */
async function orGiveUp(promise: Promise<boolean>, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const { promise: givenUp, resolve } = Promise.withResolvers<boolean>();
  const giveUp = (): void => resolve(false);
  const timer = setTimeout(giveUp, timeoutMs);
  signal.addEventListener('abort', giveUp);
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([promise, givenUp]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}
