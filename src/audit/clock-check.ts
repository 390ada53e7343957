/** Looks whether the entries of a log are in the order of their times. */
export interface ClockCheck {
  /** Takes the next line, of entry `seq`: its time stands at its beginning. */
  take(bytes: Buffer, start: number, seq: number): void;
  /** Says where the clock went back, for people; `null`: nowhere by more than a moment. */
  readonly note: string | null;
}

/** `{"at":"` */
const BEFORE_AT = 7;
const AT_LENGTH = '2026-11-02T08:00:05.000Z'.length;
/** What is written at once may have been seen in another order. */
const MOMENT_MS = 60_000;

/** Begins with the first entry. That a clock was put back is no forgery, but an auditor asks why. */
export function createClockCheck(): ClockCheck {
  let latest = '';
  const steps: Array<{ seq: number; from: string; to: string }> = [];
  return {
    take: (bytes, start, seq) => {
      const at = bytes.toString('latin1', start + BEFORE_AT, start + BEFORE_AT + AT_LENGTH);
      if (at >= latest) latest = at;
      else if (Date.parse(latest) - Date.parse(at) > MOMENT_MS) {
        steps.push({ seq, from: latest, to: at });
        latest = at;
      }
    },
    get note() {
      const [first] = steps;
      if (first === undefined) return null;
      const others = steps.length === 1 ? '' : `, the first of ${steps.length} times`;
      return `the clock went back from ${first.from} to ${first.to} before entry ${first.seq}${others}`;
    },
  };
}
