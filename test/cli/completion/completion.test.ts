import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import ownPackage from '../../../package.json' with { type: 'json' };
import { PROGRAMS } from '../../../src/cli/commands/completion/walk.ts';
import { ConfigError } from '../../../src/errors.ts';
import { aWatch } from '../../support/builders.ts';
import { aConfig, cli } from '../harness.ts';

/** Words as bash splits them (at `=` too), the last one at the cursor, and what it then offers. */
const LINES: ReadonlyArray<readonly [words: string[], offered: string[]]> = [
  [['au'], ['audit']],
  [['-c', 'status', 'au'], ['audit']],
  [
    ['audit', ''],
    ['checkpoint', 'coverage', 'export', 'help', 'key', 'prove', 'report', 'verify'],
  ],
  [['audit', '--config', 'export', 'ver'], ['verify']],
  [['audit', 'export', '--form'], ['--format']],
  [
    ['audit', 'export', '--format', ''],
    ['cadf', 'csv', 'jsonl', 'ocsf'],
  ],
  [['jobs', '--state', 'fini'], ['finished']],
  [['mute', 'add', '--reason', 'remove', '--event', 'fail'], ['failed']],
  [
    ['jobs', '--watch', ''],
    ['ledger', 'orders'],
  ],
  [['-c', 'other.json', 'jobs', '--watch', ''], ['elsewhere']],
  [['jobs', '--config', 'none.json', '--watch', ''], []],
  [['deliveries', '--channel', 'on'], ['oncall']],
  [['wait', 'or'], ['orders']],
  [['mute', 'add', '--reason', ''], []],
  [['history', '--no'], ['--no-test']],
  [
    ['completion', ''],
    ['bash', 'fish', 'zsh'],
  ],
  [['status', '--config', 'watcher.'], ['watcher.config.json']],
];

/** Stands in for the program, as far as a script asks it. */
const PROGRAM = `#!/bin/sh
case "$*" in
  'completion-names watches') echo orders; echo ledger ;;
  'completion-names watches --config other.json') echo elsewhere ;;
  'completion-names channels') echo oncall ;;
  *) echo "nobody asks $*" >&2; exit 2 ;;
esac
`;

let folder: string;
/** Where that program lies: the folder above is listed by tests. */
let bin: string;
const scripts = new Map<string, string>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'restore-watcher-completion-'));
  await writeFile(join(folder, 'watcher.config.json'), '{}');
  await writeFile(join(folder, 'other.json'), '{}');
  bin = await mkdtemp(join(tmpdir(), 'restore-watcher-bin-'));
  await writeFile(join(bin, 'restore-watcher'), PROGRAM, { mode: 0o755 });
  for (const shell of ['bash', 'zsh', 'fish']) {
    scripts.set(shell, (await cli(['completion', shell])).out);
  }
});
afterAll(async () => {
  for (const each of [folder, bin]) await rm(each, { recursive: true });
});

/** Runs lines after the script in a shell without anybody's own settings, and answers what each offers. */
function offers(shell: string, flags: string[], lines: readonly string[]): string[][] {
  const said = execFileSync(shell, [...flags, '-c', [scripts.get(shell), ...lines].join('\n')], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
  });
  return said
    .split('=\n')
    .slice(0, -1)
    .map((part) =>
      part
        .split('\n')
        .filter((line) => line !== '')
        .sort(),
    );
}

const isThere = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;
const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(' ');

describe('completion', () => {
  it('completes commands, options and what they may be in bash', () => {
    const lines = [
      ...LINES,
      [['jobs', '--state', '=', 'fini'], ['finished']],
      [['jobs', '--state', '='], undefined],
      [
        ['audit', 'export', '--since', '=', 'verify', '--format', '=', 'c'],
        ['cadf', 'csv'],
      ],
    ] as const;
    const asked = lines.map(
      ([words]) =>
        `COMP_WORDS=(restore-watcher ${quoted(words)}); COMP_CWORD=${words.length}; _restore_watcher; printf '%s\\n' "\${COMPREPLY[@]}"; echo =`,
    );
    const offered = offers('bash', ['--norc', '--noprofile'], asked);
    for (const [index, [words, expected]] of lines.entries()) {
      if (expected) expect(offered[index], words.join(' ')).toEqual(expected);
      else expect(offered[index]?.length, words.join(' ')).toBeGreaterThan(3);
    }
  });

  it('does not evaluate what stands on the line', () => {
    const [offered] = offers(
      'bash',
      ['--norc', '--noprofile'],
      [
        `COMP_WORDS=(restore-watcher '$(echo evaluated >&2; touch evil)' '$(touch evil)'); COMP_CWORD=2; _restore_watcher; ls; echo =`,
      ],
    );
    expect(offered).toEqual(['other.json', 'watcher.config.json']);
  });

  it.skipIf(!isThere('fish'))('completes the same in fish', () => {
    const asked = LINES.map(([words]) => `complete -C 'restore-watcher ${words.join(' ')}'; echo =`);
    const offered = offers('fish', ['--no-config'], asked);
    for (const [index, [words, expected]] of LINES.entries()) {
      const plain = offered[index]?.map((line) => line.split('\t')[0]);
      expect(plain, words.join(' ')).toEqual(expected);
    }
  });

  it.skipIf(!isThere('zsh'))('offers the same to the completion system of zsh', () => {
    const stubs = [
      `_describe() { print -l -- "\${(@P)@[-1]}" }`,
      'compadd() { shift; print -l -- "$@" }',
      '_files() { ls }',
    ];
    const asked = LINES.map(
      ([words]) =>
        `words=(restore-watcher ${quoted(words)}); CURRENT=${words.length + 1}; _restore_watcher; echo =`,
    );
    scripts.set('zsh', `compdef() { : }\n${scripts.get('zsh')}`);
    const offered = offers('zsh', ['-f'], [...stubs, ...asked]);
    for (const [index, [words, expected]] of LINES.entries()) {
      // What is typed already is for the real one to compare.
      const typed = words.at(-1) ?? '';
      const fitting = offered[index]
        ?.map((line) => line.split(':')[0])
        .filter((word) => word?.startsWith(typed));
      expect(fitting, words.join(' ')).toEqual(expected);
    }
  });

  it('serves each name that the package installs', () => {
    expect([...PROGRAMS].sort()).toEqual(Object.keys(ownPackage.bin).sort());
    for (const script of scripts.values()) {
      for (const program of PROGRAMS) expect(script).toContain(program);
    }
  });

  it('gets names as far as a configuration can be read, and else says nothing', async () => {
    const file = aConfig({ watches: [aWatch(), aWatch({ name: 'two words' })] });
    expect(await cli(['completion-names', 'watches'], { config: file })).toMatchObject({
      ...{ code: 0, out: 'orders\n', err: '' },
    });
    expect((await cli(['completion-names', 'channels'], { config: file })).out).toBe('oncall\nsiem\n');
    const readAccess = () => Promise.reject(new ConfigError('watcher.config.json', []));
    expect(await cli(['completion-names', 'watches'], { parts: { readAccess } })).toMatchObject({
      ...{ code: 0, out: '', err: '' },
    });
    expect((await cli(['--help'])).out).not.toContain('completion-names');
  });

  it('says which shells there are', async () => {
    const { code, err } = await cli(['completion', 'csh']);
    expect(code).toBe(2);
    expect(err).toContain('Allowed choices are bash, zsh, fish');
  });
});
