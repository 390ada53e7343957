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

  it.each([
    'postgres://watcher:secret@db.example.com/watcher',
    'postgresql://db.example.com:5433/watcher?sslmode=require',
    'postgres://w%40b:p%2Fw@[::1]/watcher',
    'postgres://watcher@%2Frun%2Fpostgresql/watcher',
  ])('is the address of a PostgreSQL: %s', async (url) => {
    const { store } = await load(aConfigFile({ store: { url, schema: 'restores' } }));
    expect(store).toEqual({ url, schema: 'restores' });
  });

  it('keeps the password of a PostgreSQL to itself', async () => {
    const { secrets } = await load(aConfigFile({ store: { url: 'postgres://watcher:p%2Fw-1@db/watcher' } }));
    expect(secrets).toEqual(expect.arrayContaining(['p%2Fw-1', 'p/w-1']));
  });

  it.each([
    ['postgres://db.example.com', 'database is missing'],
    ['postgres:///watcher', 'host is missing'],
    ['postgres://db/watcher/more', 'database is missing'],
    ['postgres://watcher:50%@db/watcher', 'written "%25"'],
    ['postgres://watcher:a#b@db/watcher', 'not an address|is missing|written "%23"'],
    ['postgres://db/watcher#x', 'written "%23"'],
    ['postgres://db/watcher?sslmode=prefer', 'sslmode is one of disable, require, verify-full'],
    ['postgres://db/watcher?options=-c%20x', 'the only parameter'],
  ])('that is no address is a fault: %j', async (url, why) => {
    await expect(load(aConfigFile({ store: { url } }))).rejects.toMatchObject({
      issues: [{ path: 'store.url', message: expect.stringMatching(new RegExp(why)) }],
    });
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
