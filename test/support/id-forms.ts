/** The id that each of the forms means. */
export const WANTED = '6b0a1c2d3e4f50617283005b';

/** Ten forms of one id, as messages show it and people write it. */
export const TEN_FORMS: readonly string[] = [
  WANTED,
  WANTED.toUpperCase(),
  '6b0a…005b',
  '6b0a...005b',
  '6b0a..005b',
  '6b0a1c2d',
  '6b0a1c2d…',
  '6b0a1c2d3e*83005b',
  '"6b0a…005b",',
  'orders/6b0a…005b',
];
