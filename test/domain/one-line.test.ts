import { describe, expect, it } from 'vitest';
import { oneLine, replaceLayout, withoutLayout } from '../../src/domain/one-line.ts';
import { quoted, shellWord } from '../../src/domain/shell-word.ts';

const HOSTILE = 'a\r\n\u001b[2J\u0085b\u2028c\u202ed\u2066e';

describe('a name from elsewhere', () => {
  it('draws no layout of its own: each run of such characters is one space', () => {
    expect(withoutLayout(HOSTILE)).toBe('a [2J b c d e');
    expect(withoutLayout(' orders – copy\u00a0é😀 ')).toBe(' orders – copy\u00a0é😀 ');
    expect(replaceLayout('a\r\nb', (character) => `<${character.charCodeAt(0)}>`)).toBe('a<13><10>b');
    // Twice: an expression that looks for all of them must not go on where it stopped.
    expect(replaceLayout('\na', () => '')).toBe('a');
  });

  it('is one line of sound characters', () => {
    expect(oneLine('\n orders\ud83d\u2028copy\t')).toBe('orders\ufffd copy');
  });

  it.each([
    ['orders', 'orders'],
    ['6080…8293', '6080…8293'],
    ['é_1.:@%+,/-', 'é_1.:@%+,/-'],
    ["it's", `'it'\\''s'`],
    ['$(reboot)', `'$(reboot)'`],
    ['', `''`],
    ['a\nb', `'a b'`],
    ['~', `'~'`],
  ])('is one word of a shell: %j', (name, word) => {
    expect(shellWord(name)).toBe(word);
  });

  it('stands in quotes as it is, where it has to be that very name', () => {
    expect(quoted("a'\nb")).toBe("'a'\\''\nb'");
  });
});
