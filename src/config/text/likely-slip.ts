import { hostNameHint } from './host-name-hint.ts';
import type { Path } from './paths.ts';
import { unexpandedHint } from './unexpanded.ts';

/** Adds to a fault what was most likely meant by the text that it is about: a variable, or a name in place of an address. */
export function withLikelySlip<Fault extends { path: Path; message: string }>(
  fault: Fault,
  written: unknown,
): Fault {
  if (typeof written !== 'string' || fault.message.includes('did you mean')) return fault;
  const hint =
    unexpandedHint(written) ?? (fault.path.at(-1) === 'instanceName' ? hostNameHint(written) : null);
  return hint === null ? fault : { ...fault, message: `${fault.message}; the text ${hint}` };
}
