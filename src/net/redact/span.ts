/** A part of a text: from `start` to just before `end`, in UTF-16 units. */
export interface Span {
  start: number;
  end: number;
}
