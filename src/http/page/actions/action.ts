import type { Records } from '../../../views/records/records.ts';
import type { PollNow, WatchStatus } from '../../../watcher/status.ts';
import type { Part } from '../markup.ts';
import type { Said } from './said.ts';

/** With what actions are done. */
export interface ActionDeps {
  records: () => Pick<Records, 'redrive' | 'addMute' | 'removeMute' | 'attest'>;
  /** Writes down what is asked for before it is done, with who asks and why; for actions of which nothing else keeps the reason. @throws {StoreError} */
  record(data: Readonly<Record<string, string>>): Promise<void>;
  pollSoon(watch: string): PollNow | null;
  watches(): readonly WatchStatus[];
  now(): number;
}

/** Who acts, and why. */
export interface Who {
  by: string;
  reason: string;
}

/** The values of a form: those that its address brings, and those that were sent. */
export type FormValues = Pick<URLSearchParams, 'get'>;

/** One thing that whoever may act can do from the page. */
export interface Action {
  /** Its words on the button, and above the form. */
  title(values: FormValues): string;
  button: string;
  /** What the form asks besides who and why. */
  fields(values: FormValues, deps: ActionDeps): Part;
  /** @throws {QueryFault} or WatcherError when it cannot be done as asked; nothing was done then. */
  act(values: FormValues, who: Who, deps: ActionDeps): Promise<Said>;
}
