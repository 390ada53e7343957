/** What gives a regular expression away, and stands in no name of a watch or a cluster but by accident. */
const EXPRESSION = /\.[*+]|^\^|\$$|\\[dwsb.]|\[[^\]]{1,80}\]|\([^)]{0,80}\|/;

/**
 * The pattern that somebody meant who has written a regular expression; `''` where there is none that says the same, `null` for a text
 * that is no regular expression.
 */
export function meansAsPattern(text: string): string | null {
  if (!EXPRESSION.test(text)) return null;
  const pattern = text
    .replace(/^\^/, '')
    .replace(/\$$/, '')
    .replace(/\.[*+]\??/g, '*')
    .replaceAll('\\.', '.');
  return /[\\^$[\](){}|+?]/.test(pattern) ? '' : pattern;
}
