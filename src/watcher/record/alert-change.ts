/** Keys of alerts (see `alertKey`) that are raised or cleared by what is recorded. */
export interface AlertChange {
  raise?: string;
  clear?: string;
}

/** The same as the store takes them. */
export function keysOf({ raise, clear }: AlertChange): { raise: string[]; clear: string[] } {
  return { raise: raise === undefined ? [] : [raise], clear: clear === undefined ? [] : [clear] };
}
