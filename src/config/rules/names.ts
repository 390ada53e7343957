import { listed, suggestion } from '../../closest.ts';
import { entriesOf, namesIn, type Rule } from './rule.ts';

/** Connections, watches, channels and drills are told apart by their names. */
export const namesAreUnique: Rule = (context) => {
  for (const section of ['connections', 'watches', 'channels', 'drills'] as const) {
    const first = new Map<string, number>();
    for (const [index, { name }] of entriesOf(context.config[section])) {
      if (name === undefined) continue;
      const earlier = first.get(name);
      if (earlier === undefined) first.set(name, index);
      else {
        context.fault(
          [section, index, 'name'],
          `expected a name of its own, but ${JSON.stringify(name)} is ${section}[${earlier}] already`,
        );
      }
    }
  }
};

/** A watch names a connection that exists, or leaves it out where there is only one. */
export const connectionsExist: Rule = (context) => {
  const { names, isComplete } = namesIn(context, 'connections');
  for (const [index, { connection }] of entriesOf(context.config.watches)) {
    const path = ['watches', index, 'connection'];
    if (connection === undefined) {
      if (names.length > 1 && !context.isFaulty(path))
        context.fault(
          path,
          `is missing; expected one of ${listed(names)}, since there is more than one connection`,
        );
    } else if (isComplete && names.length > 0 && !names.includes(connection)) {
      context.fault(
        path,
        `expected the name of a connection (${listed(names)}), found ${context.found(path)}${suggestion(connection, names)}`,
      );
    }
  }
};

/** A connection that no watch uses is probably a slip. */
export const connectionsAreUsed: Rule = ({ config, warn }) => {
  const connections = entriesOf(config.connections);
  const used = entriesOf(config.watches).map(([, { connection }]) => connection);
  if (connections.length < 2 || used.includes(undefined)) return;
  for (const [index, { name }] of connections) {
    if (name !== undefined && !used.includes(name)) {
      warn(['connections', index], `no watch uses the connection ${JSON.stringify(name)}`);
    }
  }
};

/** A drill is of a watch that exists. */
export const drillsNameWatches: Rule = (context) => {
  const { names, isComplete } = namesIn(context, 'watches');
  if (!isComplete) return;
  for (const [index, { watch }] of entriesOf(context.config.drills)) {
    if (watch === undefined || names.includes(watch)) continue;
    const path = ['drills', index, 'watch'];
    context.fault(
      path,
      `expected the name of a watch (${listed(names)}), found ${context.found(path)}${suggestion(watch, names)}`,
    );
  }
};
