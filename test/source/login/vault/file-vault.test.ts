import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileVault } from '../../../../src/source/login/vault/file-vault.ts';
import { CLIENT_SECRET } from '../oauth-world.ts';

const TOKEN = {
  accessToken: 'token-canary',
  obtainedAt: 1,
  expiresAt: 3_600_001,
  isAccepted: true,
  isSuccessor: true,
  isRoleRefused: true,
  madeAt: [1],
};
const KEY = 'c0ffee';

let folder = '';
let prefix = '';
const file = (): string => `${prefix}.token-${KEY}`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vault-'));
  prefix = join(folder, 'watcher.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const aVault = (secret = CLIENT_SECRET) => createFileVault({ prefix, secret });

describe('a vault of files', () => {
  it('gives back what it was given, to another process too', async () => {
    await aVault().write(KEY, TOKEN);
    await expect(aVault().read(KEY)).resolves.toEqual(TOKEN);
    await aVault().write(KEY, { ...TOKEN, accessToken: 'another' });
    await expect(aVault().read(KEY)).resolves.toMatchObject({ accessToken: 'another' });
  });

  it('knows of a token of an earlier version what that version kept', async () => {
    const { isSuccessor, isRoleRefused, madeAt, ...kept } = TOKEN;
    await aVault().write(KEY, kept as typeof TOKEN);
    const expected = { ...kept, isSuccessor: false, isRoleRefused: false, madeAt: [1] };
    await expect(aVault().read(KEY)).resolves.toEqual(expected);
  });

  it('leaves one file, for its owner only, and nothing in clear in it', async () => {
    await aVault().write(KEY, TOKEN);
    expect(readdirSync(folder)).toEqual([`watcher.db.token-${KEY}`]);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    const content = readFileSync(file());
    for (const secret of [TOKEN.accessToken, CLIENT_SECRET, 'accessToken'])
      expect(content.includes(secret)).toBe(false);
  });

  it('never makes the same file twice', async () => {
    await aVault().write(KEY, TOKEN);
    const first = readFileSync(file());
    await aVault().write(KEY, TOKEN);
    expect(readFileSync(file()).equals(first)).toBe(false);
  });

  it('keeps each key apart, also when their files are swapped', async () => {
    await aVault().write(KEY, TOKEN);
    await expect(aVault().read('other')).resolves.toBeNull();
    writeFileSync(`${prefix}.token-other`, readFileSync(file()));
    await expect(aVault().read('other')).resolves.toBeNull();
  });

  it('has nothing for who has another secret', async () => {
    await aVault().write(KEY, TOKEN);
    await expect(aVault('mdb_sa_sk_rotated').read(KEY)).resolves.toBeNull();
  });

  it('has nothing where a byte was changed, wherever it stands, or the end is missing', async () => {
    await aVault().write(KEY, TOKEN);
    const content = readFileSync(file());
    for (let at = 0; at < content.length; at += 1) {
      const changed = Buffer.from(content);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      writeFileSync(file(), changed);
      await expect(aVault().read(KEY)).resolves.toBeNull();
    }
    for (const length of [0, 10, 30, content.length - 1]) {
      writeFileSync(file(), content.subarray(0, length));
      await expect(aVault().read(KEY)).resolves.toBeNull();
    }
  });

  it('replaces a file of others’ making', async () => {
    writeFileSync(file(), 'something else');
    chmodSync(file(), 0o644);
    await aVault().write(KEY, TOKEN);
    await expect(aVault().read(KEY)).resolves.toEqual(TOKEN);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  it('says so when it cannot write, and leaves nothing behind', async () => {
    prefix = join(folder, 'missing', 'watcher.db');
    await expect(aVault().write(KEY, TOKEN)).rejects.toThrow('ENOENT');
    await expect(aVault().read(KEY)).resolves.toBeNull();
    expect(existsSync(join(folder, 'missing'))).toBe(false);
  });
});
