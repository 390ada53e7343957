import type { Clock } from '../../clock.ts';
import { toIso } from '../../domain/instant.ts';
import type { RenderedPage, SectionName } from '../page/page.ts';
import { type Moment, type News, type PageSource, type PageView, viewAddress } from '../page/page-source.ts';
import { patchOf, type RenderedSection } from '../page/parts.ts';
import { createLooker } from './looker.ts';
import { messageOf, type Stream } from './stream.ts';

/** What pages that listen are told from. */
export interface HubDeps {
  pages: Pick<PageSource, 'page' | 'moment'>;
  /** Calls back when something was recorded; returns what ends that. */
  onChange(listener: () => void): () => void;
  /** Hears when the first page begins to listen, and when the last one has gone. */
  onWatched(isWatched: boolean): void;
  /** Hears of a rendering that failed, and of one that did not. */
  onOutcome(error: unknown | null): void;
  clock: Clock;
}

/**
 * Tells pages that listen what has changed: each section whose text is another, rendered once for all that show the same. It looks whenever there is
 * news, and every few seconds besides.
 */
export interface LiveHub {
  /** True when no further page may listen. */
  isFull(): boolean;
  /** @param marks of the sections that the page shows already. */
  join(view: PageView, marks: ReadonlyMap<string, string>, stream: Stream): void;
  /** Ends every stream, and lets nobody in any more. */
  close(): void;
}

/** So many pages may listen: each holds a connection. */
const MOST_STREAMS = 20;
/** Milliseconds from one glance at whether there is news to the next, when nothing tells of any: of what other replicas record, nothing does. */
const GLANCE_MS = 1_000;
/** What time alone brings (somebody goes blind, a minute has requests left again) is looked at with every fourth glance. */
const MOST_GLANCES = 4;
/** What is recorded comes in crowds: what came within so many milliseconds of the first is rendered together with it. */
const SOON_MS = 200;
/** Where news do not end, from one look to the next: all watches that tick together tell theirs within seconds, while they poll. */
const APART_MS = 750;
/** A page that has not heard of us for 12 s says that it is old. */
const SIGN_OF_LIFE_MS = 4_000;

interface Viewers {
  view: PageView;
  /** What each of them shows, by section. */
  shown: Map<Stream, Map<string, string>>;
  /** What was rendered last. */
  last: RenderedPage | null;
}

/** Makes a hub that does nothing, and has no timer, while nobody listens. */
export function createLiveHub({ pages, onChange, onWatched, onOutcome, clock }: HubDeps): LiveHub {
  const views = new Map<string, Viewers>();
  let isClosed = false;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let told: News = null;
  /** Something was recorded, or somebody has come who was told nothing yet. */
  let isDue = false;
  /** Since the last look. */
  let glances = 0;
  let unsubscribe: (() => void) | null = null;
  /** When each was shown last that we live: whatever it is sent shows so. */
  const signedAt = new WeakMap<Stream, number>();

  const streams = (): Stream[] => [...views.values()].flatMap(({ shown }) => [...shown.keys()]);

  const look = async (): Promise<void> => {
    try {
      const moment = pages.moment();
      const news = await moment.news();
      glances += 1;
      const isSame = news !== null && news === told;
      if (isSame && !isDue && glances < MOST_GLANCES) return;
      told = news;
      await tellAll(moment);
    } catch (error) {
      onOutcome(error);
    } finally {
      showLife();
    }
  };
  const tellAll = async (moment: Moment): Promise<void> => {
    let fault: unknown = null;
    lookedAt = clock.monotonic();
    isDue = false;
    glances = 0;
    for (const viewers of [...views.values()]) {
      try {
        for (const stream of tell(viewers, await pages.page(viewers.view, moment)))
          signedAt.set(stream, clock.monotonic());
      } catch (error) {
        fault = error;
      }
    }
    onOutcome(fault);
  };
  const showLife = (): void => {
    const now = clock.monotonic();
    const sign = messageOf('sign', toIso(clock.now()));
    for (const stream of streams()) {
      if (now - (signedAt.get(stream) ?? Number.NEGATIVE_INFINITY) < SIGN_OF_LIFE_MS) continue;
      signedAt.set(stream, now);
      stream.pass(sign);
    }
  };
  const looker = createLooker({
    look,
    ...{ everyMs: GLANCE_MS, isWanted: () => !isClosed && views.size > 0, clock },
  });
  const leave = (address: string, stream: Stream): void => {
    const viewers = views.get(address);
    viewers?.shown.delete(stream);
    if (viewers?.shown.size === 0) views.delete(address);
    if (views.size > 0) return;
    looker.rest();
    unsubscribe?.();
    unsubscribe = null;
    onWatched(false);
  };

  return {
    isFull: () => isClosed || streams().length >= MOST_STREAMS,
    join: (view, marks, stream) => {
      const address = viewAddress(view);
      if (views.size === 0) onWatched(true);
      const viewers = views.get(address) ?? { view, shown: new Map(), last: null };
      views.set(address, viewers);
      viewers.shown.set(stream, new Map(marks));
      isDue = true;
      unsubscribe ??= onChange(() => {
        isDue = true;
        looker.within(Math.max(SOON_MS, lookedAt + APART_MS - clock.monotonic()));
      });
      stream.onGone(() => leave(address, stream));
      stream.send('sign', toIso(clock.now()));
      signedAt.set(stream, clock.monotonic());
      looker.within(0);
    },
    close: () => {
      isClosed = true;
      looker.rest();
      for (const stream of streams()) stream.end();
    },
  };
}

/** Sends each of those that show the same what it does not show yet. @returns those that were sent something. */
function tell(viewers: Viewers, now: RenderedPage): Stream[] {
  const told: Stream[] = [];
  const { shown, last } = viewers;
  viewers.last = now;
  const sections = [...now.sections].map(([name, section]) => ({
    ...{ name, section, message: messageFor(name, section, last?.sections.get(name)) },
  }));
  const sign = messageOf('sign', toIso(now.facts.now));
  /** What is sent to those that show the same. */
  const bundles = new Map<string, Uint8Array>();
  for (const [stream, marks] of shown) {
    const others = sections.filter(({ name, section }) => marks.get(name) !== section.mark);
    if (others.length === 0) continue;
    const shows = others.map(({ name }) => `${name}.${marks.get(name)}`).join();
    const bundle =
      bundles.get(shows) ??
      Buffer.concat([...others.map(({ name, message }) => message(marks.get(name))), sign]);
    bundles.set(shows, bundle);
    stream.pass(bundle);
    told.push(stream);
    for (const { name, section } of others) marks.set(name, section.mark);
  }
  return told;
}

/**
 * Makes what pages are sent of a section, each only once: what has changed of it to those that show it as it was before, all of it to the others.
 */
function messageFor(
  name: SectionName,
  section: RenderedSection,
  before: RenderedSection | undefined,
): (shown: string | undefined) => Uint8Array {
  const { mark } = section;
  let whole: Uint8Array | null = null;
  let patch: Uint8Array | null = null;
  return (shown) => {
    if (before !== undefined && shown === before.mark) {
      patch ??= messageOf('section', JSON.stringify({ name, mark, ...patchOf(before, section) }));
      return patch;
    }
    whole ??= messageOf('section', JSON.stringify({ name, mark, frame: section.html, parts: {} }));
    return whole;
  };
}
