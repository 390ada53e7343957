/** Writes a share from 0 to 1 as `99.999 %`: rounded down, so that 100 % is said only when nothing is missing. */
export function shareWords(share: number): string {
  return `${(Math.floor(share * 100_000) / 1_000).toFixed(3)} %`;
}
