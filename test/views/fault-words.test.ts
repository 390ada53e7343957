import { describe, expect, it } from 'vitest';
import { faultWords } from '../../src/views/fault-words.ts';
import { causeWords } from '../../src/views/report/words.ts';

const span = (cause: string) => ({
  ...{ watch: 'w', place: null, from: 0, until: null, cause, detail: null },
  by: 'log' as const,
});

describe('why something cannot be read', () => {
  it('is said in the same words while it lasts and afterwards', () => {
    expect(faultWords('wrong_kind')).toBe('it is of another kind than the watch says');
    expect(causeWords(span('wrong_kind'))).toBe('it was of another kind than the watch said');
    expect(causeWords(span('bad_response'))).toBe('Atlas answered something that could not be read');
  });

  it('is said of the watcher itself where it looked at nothing', () => {
    expect(causeWords(span('stopped'))).toBe('the watcher was stopped');
  });

  it('stands as it is where the reason is of another version', () => {
    expect(faultWords('too_hot')).toBe('too hot');
    expect(causeWords(span('constructor'))).toBe('constructor');
  });
});
