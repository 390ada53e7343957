import { fileURLToPath } from 'node:url';
import { type Served, startServed } from '../process/orders.ts';

/** How many messages have come, or all of them. */
export type ReceiverOrder = 'count' | 'receipts';

/** A message that a webhook has brought. */
export interface Receipt {
  /** The event's. */
  id: string;
  /** Its instance and its id, as `orders/6081…`. */
  job: string;
  /** When its last byte had come, by the machine's monotonic clock. */
  atMs: number;
}

/** A webhook's receiver in a process of its own. */
export interface Receiver {
  readonly url: string;
  count(): Promise<number>;
  /** In the order in which they came. */
  receipts(): Promise<Receipt[]>;
  stop(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL('./receiver-process.ts', import.meta.url));

/** Starts a receiver that accepts each message after this time. */
export async function startReceiver(answerAfterMs: number): Promise<Receiver> {
  const served: Served<ReceiverOrder, number | Receipt[]> = await startServed(SCRIPT, [`${answerAfterMs}`]);
  return {
    url: served.url,
    count: async () => (await served.ask('count')) as number,
    receipts: async () => (await served.ask('receipts')) as Receipt[],
    stop: served.stop,
  };
}
