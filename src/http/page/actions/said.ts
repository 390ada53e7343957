/** What a page says after an action, by the word that stands in its address. */
const SAID = {
  muted: 'Muted. It stands under "Mutes", with its end.',
  unmuted: 'The mute has ended.',
  redriven: 'Due again: it is tried at once.',
  not_redriven: 'Nothing was to be sent again: it was neither given up nor waiting.',
  polled: 'Atlas is being asked now.',
  attested: 'Attested. The audit log keeps it.',
} as const;

/** A word of `SAID`. */
export type Said = keyof typeof SAID;

/** The words for what an address says was done; `null`: nothing, or nothing of ours. */
export function saidWords(word: string | null): string | null {
  return word !== null && Object.hasOwn(SAID, word) ? SAID[word as Said] : null;
}

/** The address of a page of ours that says what was done. */
export function withSaid(path: string, said: Said): string {
  const url = new URL(path, 'http://own');
  url.searchParams.set('said', said);
  return url.pathname + url.search;
}
