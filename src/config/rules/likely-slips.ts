import { type EventName, kindOf } from '../../domain/event/event.ts';
import { meansAsPattern } from '../text/expression-hint.ts';
import { hostNameHint } from '../text/host-name-hint.ts';
import type { Path } from '../text/paths.ts';
import { unexpandedHint } from '../text/unexpanded.ts';
import { entriesOf, type Rule } from './rule.ts';

/** What nobody can do without who wants to be told of anything. */
const NEEDED: readonly EventName[] = ['failed', 'watch_failing', 'channel_failing'];

/** Somebody is told of what must not be missed. */
export const routesTakeWhatMatters: Rule = ({ config, isFaulty, warn }) => {
  const routes = entriesOf(config.routes).map(([, route]) => route);
  if (routes.length === 0 || entriesOf(config.channels).length === 0 || isFaulty(['routes'])) return;
  const isTaken = (name: EventName): boolean =>
    routes.some(({ events, severities }) => {
      const taken = entriesOf(events).map(([, event]) => event);
      const wanted = severities === undefined ? null : entriesOf(severities).map(([, severity]) => severity);
      return (
        taken.some((event) => event === '*' || event === name) &&
        (wanted === null || wanted.includes(kindOf(name).severity))
      );
    });
  const missed = NEEDED.filter((name) => !isTaken(name)).map((name) => JSON.stringify(name));
  if (missed.length === 0) return;
  const them = missed.length === 1 ? 'it' : 'them';
  const names = missed.join(', ').replace(/, ([^,]*)$/, ' and $1');
  warn(['routes'], `no route takes ${names}, so nobody is told of ${them}; add ${them} to "events" of one`);
};

/** Patterns know `*` alone. */
export const patternsAreNoExpressions: Rule = ({ config, warn, found }) => {
  for (const [index, { watches, targetClusterNames, instanceNames }] of entriesOf(config.routes)) {
    const lists = { watches, targetClusterNames, instanceNames };
    for (const [key, list] of Object.entries(lists)) {
      for (const [place, pattern] of entriesOf(list)) {
        const path: Path = ['routes', index, key, place];
        const meant = meansAsPattern(pattern);
        if (meant === null) continue;
        const better = meant === '' ? '' : `; did you mean ${JSON.stringify(meant)}?`;
        warn(path, `${found(path)} looks like a regular expression, and only "*" is special here${better}`);
      }
    }
  }
};

/** An instance is called as Atlas shows it, not as it is connected to. */
export const instancesAreNoHosts: Rule = ({ config, warn, found }) => {
  for (const [index, { instanceName }] of entriesOf(config.watches)) {
    const hint = instanceName === undefined ? null : hostNameHint(instanceName);
    const path = ['watches', index, 'instanceName'];
    if (hint !== null) warn(path, `${found(path)} ${hint}`);
  }
};

/** What is written like a variable of a shell is a text. Secrets and addresses have been looked at before, with all that goes out. */
export const variablesHaveBraces: Rule = ({ config, isFilledIn, warn }) => {
  const walk = (node: unknown, path: Path): void => {
    if (typeof node === 'string') {
      const hint = isFilledIn(path) || path.includes('template') ? null : unexpandedHint(node);
      if (hint !== null) warn(path, hint);
    } else if (typeof node === 'object' && node !== null) {
      for (const [key, child] of Object.entries(node))
        walk(child, [...path, Array.isArray(node) ? Number(key) : key]);
    }
  };
  walk(config, []);
};
