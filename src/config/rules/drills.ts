import { listed, suggestion } from '../../closest.ts';
import { entriesOf, namesIn, type Rule } from './rule.ts';

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
