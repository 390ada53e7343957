import { fork } from 'node:child_process';
import { once } from 'node:events';

/** A process of the benchmark that serves at an address, and does what it is told. */
export interface Served<Order, Reply> {
  readonly url: string;
  readonly pid: number;
  /** Resolves once the order is done. @throws when the process has ended. */
  ask(order: Order): Promise<Reply>;
  stop(): Promise<void>;
}

interface Question<Order> {
  number: number;
  order: Order;
}
interface Answer<Reply> {
  number: number;
  reply: Reply;
}

/** What the child does: says where it serves, and answers each order, until the parent disconnects or dies. */
export function serveOrders<Order, Reply>(
  url: string,
  carryOut: (order: Order) => Reply,
  close: () => Promise<void>,
): void {
  const send = (message: { url: string } | Answer<Reply>): void => {
    process.send?.(message);
  };
  process.on('message', ({ number, order }: Question<Order>) => send({ number, reply: carryOut(order) }));
  process.on('disconnect', () => void close());
  send({ url });
}

/** Starts a script that calls `serveOrders`. */
export async function startServed<Order, Reply>(
  script: string,
  args: readonly string[] = [],
): Promise<Served<Order, Reply>> {
  const child = fork(script, args, { execArgv: [] });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${script} ended with ${code}`);
  });
  ended.catch(() => undefined);
  const waiting = new Map<number, (reply: Reply) => void>();
  const [hello] = (await Promise.race([once(child, 'message'), ended])) as [{ url: string }];
  child.on('message', ({ number, reply }: Answer<Reply>) => {
    waiting.get(number)?.(reply);
    waiting.delete(number);
  });
  let asked = 0;
  return {
    url: hello.url,
    pid: child.pid ?? -1,
    ask: (order) => {
      asked += 1;
      const { promise, resolve } = Promise.withResolvers<Reply>();
      waiting.set(asked, resolve);
      child.send({ number: asked, order } satisfies Question<Order>);
      return Promise.race([promise, ended]);
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}
