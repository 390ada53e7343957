/** A channel that stands in for another. Following them never leads back: the configuration sees to that. */
export interface Fallback {
  channel: string;
  /** The channel that stands in. */
  fallback: string;
  /** For so long an event may stay unaccepted before `fallback` gets it as well. */
  afterMs: number;
}
