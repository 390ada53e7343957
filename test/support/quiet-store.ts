import type { Store } from '../../src/store/store.ts';
import { settled } from './stepping-clock.ts';

/**
 * The same store, and a way to wait until nothing is asked of it any more: a clock that the test moves by hand waits for no disk and no
 * server. Whatever follows from the last answer has happened by then.
 */
export function quietStore(store: Store): { store: Store; quiet: () => Promise<void> } {
  const inHand = new Set<Promise<unknown>>();
  const counted = (whole: Store): Store =>
    new Proxy(whole, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) => {
          const answer: unknown = Reflect.apply(method, target, args);
          if (name === 'under') return counted(answer as Store);
          if (answer instanceof Promise) note(answer);
          return answer;
        };
      },
    });
  const note = (answer: Promise<unknown>): void => {
    inHand.add(answer);
    const end = (): void => void inHand.delete(answer);
    answer.then(end, end);
  };
  const quiet = async (): Promise<void> => {
    await settled();
    while (inHand.size > 0) {
      await Promise.allSettled(inHand);
      await settled();
    }
  };
  return { store: counted(store), quiet };
}
