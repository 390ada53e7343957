/** Why nobody looked, or could look: every cause of a gap, with its words for people. */
export const GAP_CAUSES = {
  unrecorded: 'nothing is on record of this time',
  not_configured: 'the configuration did not ask for it',
  stopped: 'the watcher was stopped',
  killed: 'the watcher ended without a word: a kill, a crash or a power cut',
  asleep: 'the machine, or the process, stood still',
  database: 'the store could not be read or written',
  atlas_away: 'Atlas, or the way to it, did not answer',
  unreadable: 'what Atlas answered could not be understood',
  credential: 'Atlas refused the credential',
  role: 'the credential lacked the role',
  access_list: 'the address was not on the API access list of the credential',
  refused: 'Atlas refused the request',
  rate_limited: 'it waited for its turn under a rate limit',
  hanging: 'the poll hung, or came late',
  gone: 'Atlas did not know the project or the instance, or not as this kind',
  ceded: 'another watch had it, or the configuration left it out',
  handed_over: 'no replica had taken it over yet',
  internal: 'a fault of the watcher itself',
} as const satisfies Record<string, string>;

/** Why a gap is one. */
export type GapCause = keyof typeof GAP_CAUSES;

/** True for a cause that this program knows; a later one may write others. */
export function isGapCause(text: string): text is GapCause {
  return Object.hasOwn(GAP_CAUSES, text);
}
