import type { Clock } from '../clock.ts';
import { toError } from '../errors.ts';
import type { FaultLog } from '../logging/fault-log.ts';

/**
 * How an actor is to end: `change`: another takes its place, or none, and nothing hurries; `end`: the process ends; `lost`: what it does
 * is another process's by now, and is cut short.
 */
export type Haste = 'change' | 'end' | 'lost';

/** What a reconciler works with. A spec says how an actor works; an actor works until it is stopped, and by one spec only. */
export interface ReconcilerDeps<Spec, Actor> {
  clock: Pick<Clock, 'monotonic'>;
  faultLog: FaultLog;
  /** What the actors are of: `watch`. A fault is told of `watch orders`, with the key as field `watch`. */
  noun: string;
  /** Whether an actor that works by `running` does what `wanted` asks for, and may go on. */
  isSame: (running: Spec, wanted: Spec) => boolean;
  /** Whether an actor that is ending has to have ended before one of another key begins; no unless given. */
  isInTheWay?: (ending: Spec, wanted: Spec) => boolean;
  start: (spec: Spec) => Actor;
  /**
   * Resolves when the actor has ended for good. The actor is cut short after a while, so that one that hangs holds up its successor no
   * longer. May be called again with more haste.
   */
  stop: (actor: Actor, haste: Haste) => Promise<void>;
  /** Is told of those that have begun in the same instant. */
  onStarted?: (actors: readonly Actor[]) => void;
}

interface Running<Spec, Actor> {
  spec: Spec;
  actor: Actor;
  /** It was told to stop, and cannot be called back. */
  isEnding: boolean;
}

/** What is known of one key. There as long as something runs by it, or is wanted. */
interface Slot<Spec, Actor> {
  running: Running<Spec, Actor> | null;
  /** There while an actor is ending. */
  settling: Promise<void> | null;
  /** There once the end of everything was asked for. */
  stopping: Promise<void> | null;
  /** Since when the key is wanted otherwise than it runs, monotonic; `null`: it is not. */
  waitingSince: number | null;
}

/**
 * Keeps one actor for each key that is wanted, and no others. A change never queues behind another one: what is wanted is a single
 * state, the last, and each key goes towards it one step at a time. What runs and is not wanted so is stopped; when it has
 * ended, whatever is wanted *then* is started. So there are never two actors of a key, and none that only a former state has asked for.
 */
export class Reconciler<Spec, Actor> {
  readonly #deps: ReconcilerDeps<Spec, Actor>;
  readonly #slots = new Map<string, Slot<Spec, Actor>>();
  #wanted: ReadonlyMap<string, Spec> = new Map();
  #haste: Haste = 'change';
  #isStopped = false;

  constructor(deps: ReconcilerDeps<Spec, Actor>) {
    this.#deps = deps;
  }

  /**
   * Has these run from now on, and no others. What runs as is wanted goes on. What nothing is in the way of begins before this returns.
   * Resolves when no actor runs any more that is not wanted; never rejects. Does nothing once stopped.
   * @param haste how those end that are not wanted any more, also those that were ending already.
   */
  async apply(wanted: ReadonlyMap<string, Spec>, haste: Haste = 'change'): Promise<void> {
    if (this.#isStopped) return;
    this.#wanted = wanted;
    this.#haste = haste;
    if (haste === 'lost') this.#hurry();
    this.look();
    this.#haste = 'change';
    await Promise.all([...this.#slots.values()].map(({ settling }) => settling));
  }

  /** A sign of life from outside: what could not be started is tried again. */
  look(): void {
    const outOfStep: Array<[key: string, slot: Slot<Spec, Actor>]> = [];
    for (const key of new Set([...this.#wanted.keys(), ...this.#slots.keys()])) {
      const slot = this.#slotOf(key);
      if (this.#isInStep(key, slot)) slot.waitingSince = null;
      else {
        slot.waitingSince ??= this.#deps.clock.monotonic();
        outOfStep.push([key, slot]);
      }
    }
    // What is to end is told so first: it may be in the way of what is to begin.
    for (const [key, slot] of outOfStep) if (slot.settling === null) this.#end(key, slot);
    this.#tellStarted(
      outOfStep.flatMap(([key, slot]) =>
        slot.running === null && slot.settling === null ? this.#begin(key, slot) : [],
      ),
    );
  }

  /** Those that run as is wanted. */
  actors(): Actor[] {
    return [...this.#slots.keys()].flatMap((key) => this.actorOf(key) ?? []);
  }

  /** `null` when nothing runs by this key, or otherwise than is wanted. */
  actorOf(key: string): Actor | null {
    const slot = this.#slots.get(key);
    return slot?.running && this.#isInStep(key, slot) ? slot.running.actor : null;
  }

  /** Something runs by this key, be it only to its end: what is wanted of the key does not matter. */
  isRunning(key: string): boolean {
    return (this.#slots.get(key)?.running ?? null) !== null;
  }

  /** Resolves when what runs by this key and is to end has ended. */
  async ended(key: string): Promise<void> {
    const slot = this.#slots.get(key);
    await (slot?.stopping ?? slot?.settling);
  }

  /** For how long a key has been wanted without running so, in milliseconds; `null`: it runs, or is not wanted. */
  waitingMs(key: string): number | null {
    const since = this.#wanted.has(key) ? (this.#slots.get(key)?.waitingSince ?? null) : null;
    return since === null ? null : this.#deps.clock.monotonic() - since;
  }

  /** Ends all of them, and starts nothing any more. Safe to call while `apply` is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const stop = async (key: string, { running, settling }: Slot<Spec, Actor>): Promise<void> => {
      if (running) await this.#stopLogged(key, running.actor, 'end');
      await settling;
    };
    for (const [key, slot] of this.#slots) slot.stopping ??= stop(key, slot);
    await Promise.all([...this.#slots.values()].map(({ stopping }) => stopping));
  }

  /** Those that are ending, and are not wanted to go on, end at once. */
  #hurry(): void {
    for (const [key, { running }] of this.#slots) {
      if (running?.isEnding && !this.#wanted.has(key)) void this.#stopLogged(key, running.actor, 'lost');
    }
  }

  #slotOf(key: string): Slot<Spec, Actor> {
    const known = this.#slots.get(key);
    if (known) return known;
    const slot: Slot<Spec, Actor> = {
      running: null,
      settling: null,
      stopping: null,
      waitingSince: null,
    };
    this.#slots.set(key, slot);
    return slot;
  }

  #isInStep(key: string, { running, settling }: Slot<Spec, Actor>): boolean {
    const wanted = this.#wanted.get(key);
    if (wanted === undefined) return running === null && settling === null;
    return running !== null && !running.isEnding && this.#deps.isSame(running.spec, wanted);
  }

  #end(key: string, slot: Slot<Spec, Actor>): void {
    if (slot.running === null) return;
    slot.running.isEnding = true;
    slot.settling = this.#exchange(key, slot, slot.running.actor, this.#haste);
  }

  /** Ends what runs, and then begins what is wanted: of this key, and of those that it was in the way of. */
  async #exchange(key: string, slot: Slot<Spec, Actor>, actor: Actor, haste: Haste): Promise<void> {
    await this.#stopLogged(key, actor, haste);
    slot.running = null;
    slot.settling = null;
    if (!this.#wanted.has(key)) this.#slots.delete(key);
    if (!this.#isStopped) this.look();
  }

  #begin(key: string, slot: Slot<Spec, Actor>): Actor[] {
    const spec = this.#wanted.get(key);
    if (spec === undefined || this.#isHeldUp(spec)) return [];
    const { start, noun, faultLog } = this.#deps;
    const fault = `start of ${noun} ${key}`;
    try {
      const actor = start(spec);
      slot.running = { spec, actor, isEnding: false };
      slot.waitingSince = null;
      faultLog.clear(fault, `${noun} ${key} has begun`, { [noun]: key });
      return [actor];
    } catch (thrown) {
      const err = toError(thrown);
      const message = `${noun} ${key} cannot begin; it is tried again: ${err.message}`;
      faultLog.report(fault, message, { [noun]: key, err }, 'error');
      return [];
    }
  }

  #isHeldUp(spec: Spec): boolean {
    const { isInTheWay } = this.#deps;
    if (isInTheWay === undefined) return false;
    return this.#slots
      .values()
      .some(({ running }) => running?.isEnding === true && isInTheWay(running.spec, spec));
  }

  #tellStarted(actors: readonly Actor[]): void {
    if (actors.length > 0) this.#deps.onStarted?.(actors);
  }

  /** An actor whose end fails has ended all the same: there is nothing more that could be done to it. */
  async #stopLogged(key: string, actor: Actor, haste: Haste): Promise<void> {
    const { stop, noun, faultLog } = this.#deps;
    try {
      await stop(actor, haste);
    } catch (thrown) {
      const err = toError(thrown);
      const name = `${noun} ${key}`;
      faultLog.report(`stop of ${name}`, `${name} did not end well: ${err.message}`, { [noun]: key, err });
    }
  }
}
