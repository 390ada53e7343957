import { describe, expect, it } from 'vitest';
import { aConfigFile, load } from './config-file.ts';

describe('the URL of the store', () => {
  it.each([
    'sqlite:./data/watcher.db',
    'sqlite:watcher.db',
    'sqlite:/var/lib/restore-watcher/watcher.db',
    'sqlite:///var/lib/watcher.db',
    'sqlite:data/a b (copy).db',
    'sqlite:../watcher#1.db',
    'sqlite:C:/watcher.db',
    'sqlite:.watcher',
  ])('is the path of a file: %s', async (url) => {
    expect((await load(aConfigFile({ store: { url } }))).store.url).toBe(url);
  });

  it('that holds what no address holds is a fault, and a line end behind it is dropped', async () => {
    await expect(load(aConfigFile({ store: { url: 'sqlite:./watch\u0000er.db' } }))).rejects.toMatchObject({
      issues: [{ path: 'store.url', message: expect.stringContaining('holds NUL (U+0000)') }],
    });
    const { store, warnings } = await load(aConfigFile({ store: { url: 'sqlite:./watcher.db\n' } }));
    expect(store.url).toBe('sqlite:./watcher.db');
    expect(warnings.map(({ path }) => path)).toContain('store.url');
  });

  it.each([
    ['sqlite:', ''],
    ['sqlite: ', ''],
    ['SQLITE:x.db', ''],
    ['watcher.db', ''],
    ['mysql://db/x', ''],
    ['sqlite::memory:', 'kept in memory'],
    ['sqlite://host/watcher.db', 'name of a host'],
    ['sqlite:file:watcher.db', 'this is a URL'],
    ['sqlite:https://example.com/x.db', 'this is a URL'],
    ['sqlite:./watcher.db?mode=ro', 'no parameters'],
    ['sqlite:./watcher.db?immutable', 'no parameters'],
    ['sqlite:./data/', 'a directory'],
    ['sqlite:.', 'a directory'],
    ['sqlite:..', 'a directory'],
    ['sqlite:data/..', 'a directory'],
    ['sqlite:~/watcher.db', 'only a shell'],
    ['sqlite: ./watcher.db', 'white space'],
  ])('that is no path is a fault: %j', async (url, why) => {
    await expect(load(aConfigFile({ store: { url } }))).rejects.toMatchObject({
      issues: [
        {
          path: 'store.url',
          message: expect.stringMatching(new RegExp(`^expected "sqlite:" and a path.*${why}`)),
        },
      ],
    });
  });
});
