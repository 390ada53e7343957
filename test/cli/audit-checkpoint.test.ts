import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../store/support.ts';
import { readingStore } from '../support/reading-store.ts';
import { cli } from './harness.ts';

const LAST = {
  key: 'example.com/log+00000000+AA==',
  last: {
    at: '2026-11-02T08:00:00.000Z',
    size: 7,
    note: 'example.com/log\n7\nroot\n\n— example.com/log AA==\n',
  },
};

/** A store of which this was signed last. */
const signed = (lastCheckpoint = LAST as typeof LAST | { key: null; last: null }) => ({
  store: Object.assign(readingStore(), { lastCheckpoint: async () => lastCheckpoint }),
});

describe('audit key and audit checkpoint', () => {
  it('print what is to be kept elsewhere, and nothing else', async () => {
    expect(await cli(['audit', 'key'], signed())).toMatchObject({ code: 0, out: `${LAST.key}\n` });
    expect(await cli(['audit', 'checkpoint'], signed())).toMatchObject({ code: 0, out: LAST.last.note });
  });

  it('write the checkpoint to a file, byte for byte', async () => {
    const file = join(temporaryDirectory(), 'kept.note');
    expect(await cli(['audit', 'checkpoint', '--out', file], signed())).toMatchObject({ code: 0, out: '' });
    expect(readFileSync(file, 'utf8')).toBe(LAST.last.note);
    const nowhere = join(file, 'deeper');
    const { code, err } = await cli(['audit', 'checkpoint', '--out', nowhere], signed());
    expect({ code, err }).toMatchObject({
      code: 1,
      err: expect.stringContaining('cannot write the checkpoint'),
    });
    expect(existsSync(nowhere)).toBe(false);
  });

  it('say so when nothing is signed yet', async () => {
    for (const command of ['key', 'checkpoint']) {
      const { code, out, err } = await cli(['audit', command], signed({ key: null, last: null }));
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toContain('Nothing is signed yet');
    }
  });

  it('verify --proof asks for a key, and tells of each proof whether it holds', async () => {
    const parts = {
      checkProofs: async (file: string) => [
        {
          file,
          entry: {
            v: 1 as const,
            seq: 7,
            at: LAST.last.at,
            kind: 'transition',
            data: {},
            prev: '',
            hash: '',
          },
          size: 9,
          fault: null,
        },
        { file: 'b.tlog-proof', entry: null, size: null, fault: 'this is no proof' },
      ],
    };
    const without = await cli(['audit', 'verify', '--proof', 'a'], { parts });
    expect(without).toMatchObject({ code: 2, err: expect.stringContaining('--proof goes with --key') });
    const key = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
    const { code, out } = await cli(['audit', 'verify', '--proof', 'a', '--key', key], { parts });
    expect(code).toBe(1);
    expect(out).toBe(
      `entry 7  ${LAST.last.at}  transition: in the log of 9 entries\nb.tlog-proof: this is no proof\n`,
    );
    const { json } = await cli(['audit', 'verify', '--proof', 'a', '--key', key, '--json'], { parts });
    expect(json()).toEqual({
      ok: false,
      proofs: [
        { file: 'a', seq: 7, size: 9, fault: null },
        { file: 'b.tlog-proof', seq: null, size: null, fault: 'this is no proof' },
      ],
    });
  });

  it('prove asks for a checkpoint, and says what is proved and what is not yet', async () => {
    const asked: unknown[] = [];
    const entry = {
      v: 1 as const,
      seq: 7,
      at: LAST.last.at,
      kind: 'transition',
      data: {},
      prev: '',
      hash: '',
    };
    const parts = {
      proveJob: async (...request: unknown[]) => {
        asked.push(request.slice(1));
        return { proven: [{ entry, line: '', proof: '' }], unsigned: 1 };
      },
    };
    const prove = ['audit', 'prove', '60800a1b2c3d4e5f60718293', '--out', 'there'];
    const none = await cli(prove, { ...signed({ key: null, last: null }), parts });
    expect(none).toMatchObject({ code: 1, err: expect.stringContaining('Nothing is signed yet') });
    const root = Buffer.alloc(32).toString('base64');
    const note = `example.com/log\n7\n${root}\n\n— example.com/log AAAAAAAA\n`;
    const { code, out, err } = await cli(prove, {
      ...signed({ ...LAST, last: { ...LAST.last, note } }),
      parts,
    });
    expect(code).toBe(1);
    expect(out).toContain('1 entry of job 60800a1b2c3d4e5f60718293, proved by a checkpoint of 7 entries');
    expect(err).toContain('1 entry behind that checkpoint');
    expect(asked).toMatchObject([['60800a1b2c3d4e5f60718293', { note, out: 'there' }]]);
  });

  it('verify refuses what is no key, and hands on what was kept', async () => {
    const { code, err } = await cli(['audit', 'verify', '--file', 'a', '--key', 'nonsense']);
    expect({ code, err }).toMatchObject({
      code: 2,
      err: expect.stringContaining('--key is no verifier key'),
    });
    const asked: unknown[] = [];
    const key = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
    await cli(['audit', 'verify', '--key', key, '--checkpoint', 'a.note', '--checkpoint', 'b.note'], {
      parts: {
        verifyAudit: async (request) => {
          asked.push(request);
          return { checked: [], head: null, problems: [], first: null, checkpoints: 0, notes: [] };
        },
      },
    });
    expect(asked).toMatchObject([{ key: { name: 'example.com/foo' }, checkpoints: ['a.note', 'b.note'] }]);
  });
});
