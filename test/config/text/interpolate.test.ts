import { describe, expect, it } from 'vitest';
import { interpolate } from '../../../src/config/text/interpolate.ts';

const sources = {
  env: { NAME: 'value', EMPTY: '', TRICKY: '${NAME}', MONEY: '$&' },
  readFile: async (path: string): Promise<string> => {
    if (path === '/run/secrets/key') return 'from a file\r\n\n';
    throw Object.assign(new Error('no'), { code: path === '/locked' ? 'EACCES' : 'ENOENT' });
  },
};

async function fill(text: string): Promise<unknown> {
  const { value, faults } = await interpolate({ text }, sources);
  return faults.length > 0 ? faults.map(({ message }) => message) : (value as { text: string }).text;
}

describe('a placeholder', () => {
  it.each([
    ['${NAME}', 'value'],
    ['a ${NAME} b ${NAME}', 'a value b value'],
    ['${EMPTY}', ''],
    ['${EMPTY:-default}', 'default'],
    ['${NOT_SET:-default}', 'default'],
    ['${NOT_SET:-}', ''],
    ['${NOT_SET:-smtp://a:b@c:25/?d=e}', 'smtp://a:b@c:25/?d=e'],
    ['${NAME:-default}', 'value'],
    ['${file:/run/secrets/key}', 'from a file'],
    ['smtps://u:${file:/run/secrets/key}@h', 'smtps://u:from a file@h'],
    ['${TRICKY} ${MONEY}', '${NAME} $&'],
    ['$${NAME} $NAME $ {NAME}', '${NAME} $NAME $ {NAME}'],
  ])('is replaced: %s', async (text, expected) => {
    expect(await fill(text)).toBe(expected);
  });

  it.each([
    ['${NOT_SET}', ['the environment variable NOT_SET is not set']],
    ['${constructor}', ['the environment variable constructor is not set']],
    ['${file:/nowhere}', ['the file /nowhere cannot be read: there is no such file']],
    ['${file:/locked}', ['the file /locked cannot be read: this user may not read it']],
    ['${A} ${B}', ['the environment variable A is not set', 'the environment variable B is not set']],
    ['${NAME', ['a "${" has no closing brace; "$${" stands for a literal "${"']],
  ])('that cannot be replaced is a fault that names it: %s', async (text, faults) => {
    expect(await fill(text)).toEqual(faults);
  });

  it.each(['${}', '${1NAME}', '${NAME-default}', '${file:}', '${a b}'])(
    'that is none is a fault, and is not quoted: %s',
    async (text) => {
      expect(await fill(text)).toEqual([expect.stringContaining('a placeholder is not one of ${NAME}')]);
    },
  );

  it('is replaced in every text of the file, and in nothing else', async () => {
    const { value, placeholders, fileContents } = await interpolate(
      { a: ['${NAME}', 1, null, true], '${NAME}': { b: '${file:/run/secrets/key}' } },
      sources,
    );
    expect(value).toEqual({ a: ['value', 1, null, true], '${NAME}': { b: 'from a file' } });
    expect([...placeholders]).toEqual([
      ['a[0]', '${NAME}'],
      ['["${NAME}"].b', '${file:/run/secrets/key}'],
    ]);
    expect(fileContents).toEqual(['from a file']);
  });

  it('keeps the path of its text in a fault', async () => {
    const { faults } = await interpolate({ a: [{ b: '${NOT_SET}' }] }, sources);
    expect(faults.map(({ path }) => path)).toEqual([['a', 0, 'b']]);
  });
});
