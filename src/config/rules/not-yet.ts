import { entriesOf, type Rule } from './rule.ts';

/**
 * What the configuration knows and this version does not do. The list is all there is to it: an entry goes when a version adds the
 * thing, and nothing else has to change.
 */

/** Keys of a watch that are accepted. */
const KEYS_NOT_ACTED_UPON = ['actors'] as const;

/** A key that this version does not act upon is told of. */
export const keysNotYet: Rule = ({ config, warn }) => {
  for (const [index, watch] of entriesOf(config.watches)) {
    for (const key of KEYS_NOT_ACTED_UPON) {
      if (watch[key] !== undefined)
        warn(['watches', index, key], 'is accepted, not acted upon in this version');
    }
  }
};
