import { listed, suggestion } from '../../closest.ts';
import { isLasting, LASTING_EVENTS } from '../../domain/event/event.ts';
import { matchesGlob } from '../../domain/telling/glob.ts';
import { entriesOf, namesIn, type Rule } from './rule.ts';

/** A route leads to channels that exist. */
export const routesNameChannels: Rule = (context) => {
  const { names, isComplete } = namesIn(context, 'channels');
  if (!isComplete) return;
  const known = names.length === 0 ? 'there are none' : listed(names);
  for (const [index, { channels }] of entriesOf(context.config.routes)) {
    for (const [place, channel] of entriesOf(channels)) {
      if (names.includes(channel)) continue;
      const path = ['routes', index, 'channels', place];
      context.fault(
        path,
        `expected the name of a channel (${known}), found ${context.found(path)}${suggestion(channel, names)}`,
      );
    }
  }
};

/** A route names watches that exist; a pattern that fits none is told of. */
export const routesNameWatches: Rule = (context) => {
  const { names, isComplete } = namesIn(context, 'watches');
  if (!isComplete) return;
  for (const [index, { watches }] of entriesOf(context.config.routes)) {
    for (const [place, glob] of entriesOf(watches)) {
      if (names.some((name) => matchesGlob(glob, name))) continue;
      const path = ['routes', index, 'watches', place];
      const found = context.found(path);
      if (glob.includes('*')) context.warn(path, `no watch has a name like ${found}`);
      else {
        context.fault(
          path,
          `expected the name of a watch (${listed(names)}), found ${found}${suggestion(glob, names)}`,
        );
      }
    }
  }
};

/** A route whose labels are on no watch takes nothing. */
export const routesNameLabels: Rule = ({ config, isFaulty, warn }) => {
  const watches = entriesOf(config.watches);
  if (watches.some(([index]) => isFaulty(['watches', index, 'labels']))) return;
  for (const [index, { labels }] of entriesOf(config.routes)) {
    const wanted = Object.entries(labels ?? {});
    if (watches.some(([, watch]) => wanted.every(([name, value]) => watch.labels?.[name] === value)))
      continue;
    warn(['routes', index, 'labels'], 'no watch has these labels, so the route takes nothing');
  }
};

/** A reminder tells again of what lasts; all else is over when it is told. */
export const remindersHaveWhatLasts: Rule = ({ config, warn }) => {
  for (const [index, { events, remindEvery }] of entriesOf(config.routes)) {
    if (remindEvery === undefined) continue;
    const taken = entriesOf(events).map(([, event]) => event);
    if (taken.some((event) => event === '*' || isLasting(event))) continue;
    warn(
      ['routes', index, 'remindEvery'],
      `has no effect: none of the events of this route lasts (those that do: ${LASTING_EVENTS.join(', ')})`,
    );
  }
};

/** Nobody is told: allowed, for who only wants the record. */
export const somebodyIsTold: Rule = ({ config, isFaulty, warn }) => {
  const channels = entriesOf(config.channels);
  const routes = entriesOf(config.routes);
  if (isFaulty(['channels']) || isFaulty(['routes'])) return;
  if (channels.length === 0) warn(['channels'], 'there are none: changes are recorded, and nobody is told');
  else if (routes.length === 0) warn(['routes'], 'there are none: changes are recorded, and nobody is told');
};

/** A channel that no route and no fallback leads to is told of. */
export const channelsAreUsed: Rule = ({ config, isFaulty, warn }) => {
  const routes = entriesOf(config.routes);
  if (routes.length === 0 || routes.some(([index]) => isFaulty(['routes', index, 'channels']))) return;
  const channels = entriesOf(config.channels);
  const used = new Set([
    ...routes.flatMap(([, route]) => entriesOf(route.channels).map(([, name]) => name)),
    ...channels.map(([, { fallback }]) => fallback),
  ]);
  for (const [index, { name }] of channels) {
    if (name !== undefined && !used.has(name)) {
      warn(['channels', index], `no route leads to ${JSON.stringify(name)}`);
    }
  }
};
