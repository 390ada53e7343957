/** Where a scripted answer can stand: the greeting (`CONNECT`), a command, or the end of the data (`MESSAGE`). */
export type SmtpStage = 'CONNECT' | 'AUTH' | 'MAIL' | 'RCPT' | 'MESSAGE';

/** A refusal such as `451 4.3.0 Try again later`, given in place of carrying the command out; or silence; or a cut connection (without TLS only). */
export type SmtpAnswer = SmtpRefusal | 'hang' | 'drop';

type SmtpRefusal = `${number} ${string}`;

/**
 * An answer for every further time, or a function that is asked with what stands at the stage: nothing at `CONNECT`, the user at `AUTH`,
 * the address at `MAIL` and `RCPT`, headers and body at `MESSAGE`. `null` lets the command be carried out; a promise has the client wait.
 */
export type SmtpScript = SmtpAnswer | ((argument: string) => SmtpAnswer | null | Promise<SmtpAnswer | null>);

/** What a mail sink has been told to answer. */
export interface SmtpScripts {
  /** Answers at the stage as the script says, `times` times (always, unless given). `null` ends it. */
  set(stage: SmtpStage, script: SmtpScript | null, options?: { times?: number }): void;
  /** Takes the next scripted answer at the stage, which counts as one of its `times`; `null` where there is none. */
  next(stage: SmtpStage, argument: string): SmtpAnswer | null | Promise<SmtpAnswer | null>;
}

/** Begins without any script. */
export function createSmtpScripts(): SmtpScripts {
  const scripts = new Map<SmtpStage, { script: SmtpScript; left: number }>();
  return {
    set: (stage, script, { times = Number.POSITIVE_INFINITY } = {}) => {
      if (script === null) scripts.delete(stage);
      else scripts.set(stage, { script, left: times });
    },
    next: (stage, argument) => {
      const entry = scripts.get(stage);
      if (!entry) return null;
      const answer = typeof entry.script === 'function' ? entry.script(argument) : entry.script;
      if (answer !== null) entry.left -= 1;
      if (entry.left <= 0) scripts.delete(stage);
      return answer;
    },
  };
}

/** Makes the error that smtp-server answers with: code and text as they stand. */
export function toRefusal(answer: SmtpRefusal): Error {
  const [, code, text] = /^(\d+) (.*)$/s.exec(answer) ?? [];
  return Object.assign(new Error(text), { responseCode: Number(code) });
}
