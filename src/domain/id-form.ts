/** An id as people give it: whole, its beginning, or its beginning and its end with something left out between. */
export interface IdForm {
  /** What it begins with, or all of it. */
  head: string;
  /** What it ends with; empty where only the beginning is given. */
  tail: string;
  /** The watch named in front of it (`orders/6080…8293`); `null`: none. It only decides between several. */
  watch: string | null;
}

/** Shorter, and half of all ids would begin so. */
export const SHORTEST_HEAD = 4;

/** What messages and people put where they leave something out. */
const LEFT_OUT = /…|⋯|\.{2,}|\*+/u;

/** What comes along when an id is copied out of a sentence, a shell or a table. */
const AROUND = /^[\s"'`“”‘’«»([{<#┌│└]+|[\s"'`“”‘’«»)\]}>,;:!?]+$|(?<![.])[.]$/gu;

/**
 * Reads an id as messages show it and people write it: `6b0a…005b`, `6b0a...005b`, the first characters, the whole. What stands around it goes:
 * quotes, brackets, the words `job` or `restore`, a watch or an address in front of it (`orders/6b0a…005b`). `null`: nothing in it can be an id.
 */
export function parseJobId(text: string): IdForm | null {
  const bare = text.replace(AROUND, '').replace(/^(?:restore\s+)?(?:job\s+)?/i, '');
  const [path = ''] = bare.replace(AROUND, '').split(/[?#]/);
  const segments = path.split('/').filter((segment) => segment !== '');
  const [last = '', watch = null] = segments.toReversed();
  const form = formOf(last.toLowerCase());
  return form && /^[0-9a-z][0-9a-z_-]+$/.test(form.head + form.tail) ? { ...form, watch } : null;
}

/** Reads the id of a delivery, `{event id}:{channel}`, in the same forms; `null`: nothing in it can be one. */
export function parseDeliveryId(text: string): IdForm | null {
  const form = formOf(text.replace(AROUND, ''));
  return form && { ...form, watch: null };
}

/** True for the whole id of a restore job, as Atlas gives them. */
export function isWholeJobId({ head, tail }: Pick<IdForm, 'head' | 'tail'>): boolean {
  return tail === '' && /^[0-9a-f]{24}$/.test(head);
}

/** True when the form fits an id. */
export function fitsId({ head, tail }: Pick<IdForm, 'head' | 'tail'>, id: string): boolean {
  if (tail === '') return id.startsWith(head);
  return id.length >= head.length + tail.length && id.startsWith(head) && id.endsWith(tail);
}

function formOf(text: string): { head: string; tail: string } | null {
  const [head = '', ...rest] = text.split(LEFT_OUT);
  return head.length < SHORTEST_HEAD ? null : { head, tail: rest.at(-1) ?? '' };
}
