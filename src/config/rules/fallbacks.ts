import { listed, suggestion } from '../../closest.ts';
import { entriesOf, namesIn, type Rule, type RuleContext } from './rule.ts';

/** A fallback is another channel that exists. */
export const fallbacksNameOtherChannels: Rule = (context) => {
  const { names, isComplete } = namesIn(context, 'channels');
  for (const [index, { name, fallback, fallbackAfter }] of entriesOf(context.config.channels)) {
    const path = ['channels', index, 'fallback'];
    if (fallback === undefined) {
      if (fallbackAfter !== undefined && !context.isFaulty(path)) {
        context.warn(['channels', index, 'fallbackAfter'], 'has no effect without "fallback"');
      }
    } else if (fallback === name) {
      context.fault(path, `expected another channel, found ${context.found(path)} itself`);
    } else if (isComplete && !names.includes(fallback)) {
      context.fault(
        path,
        `expected the name of a channel (${listed(names)}), found ${context.found(path)}${suggestion(fallback, names)}`,
      );
    }
  }
};

/** What nobody accepts would go round for ever. Each ring is told of once, at its first channel. */
export const fallbacksLeadNowhereBack: Rule = (context) => {
  const next = fallbacksOf(context);
  const told = new Set<string>();
  for (const [index, { name }] of entriesOf(context.config.channels)) {
    const ring = name === undefined ? null : ringFrom(name, next);
    if (ring === null || ring.some((channel) => told.has(channel))) continue;
    for (const channel of ring) told.add(channel);
    const way = [...ring, name].map((channel) => JSON.stringify(channel)).join(' → ');
    context.fault(['channels', index, 'fallback'], `expected fallbacks that end somewhere, found ${way}`);
  }
};

function fallbacksOf({ config }: RuleContext): Map<string, string> {
  return new Map(
    entriesOf(config.channels).flatMap(([, { name, fallback }]) =>
      name === undefined || fallback === undefined || fallback === name ? [] : [[name, fallback] as const],
    ),
  );
}

/** The channels on the way from `start` back to it; `null` when the way does not come back. */
function ringFrom(start: string, next: ReadonlyMap<string, string>): string[] | null {
  const way = [start];
  for (let at = next.get(start); at !== undefined; at = next.get(at)) {
    if (at === start) return way;
    if (way.includes(at)) return null;
    way.push(at);
  }
  return null;
}
