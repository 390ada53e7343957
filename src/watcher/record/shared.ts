import type { Clock } from '../../clock.ts';
import { AlertMemory } from './alert-memory.ts';
import { createEndOfTurn, type EndOfTurn } from './end-of-turn.ts';
import { createPace, type Pace } from './pace.ts';
import type { RecordedStore } from './recorded-store.ts';

interface SharedDeps {
  clock: Clock;
  store: RecordedStore;
}

/** What all recorders of a process have in common, whatever they write under. */
export interface Shared {
  pace: Pace;
  endOfTurn: EndOfTurn;
  alerts: AlertMemory;
}

/** Makes it for all recorders of a process: once. */
export function sharedFor({ clock, store }: SharedDeps): Shared {
  const pace = createPace();
  return { pace, endOfTurn: createEndOfTurn(pace, clock), alerts: new AlertMemory(store) };
}
