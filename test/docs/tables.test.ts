import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createCli } from '../../src/cli/command.ts';
import { vocabularyOf } from '../../src/cli/commands/completion/vocabulary.ts';
import { buildProgram } from '../../src/cli/index.ts';
import type { CliParts } from '../../src/cli/parts.ts';
import { systemClock } from '../../src/clock.ts';
import { CHANNEL_SCHEMA } from '../../src/config/schema/channels.ts';
import { AUDIT_KINDS } from '../../src/domain/audit.ts';
import { EVENT_NAMES, kindOf } from '../../src/domain/event/event.ts';
import { clusterJobs } from '../../src/source/kinds/cluster.ts';
import { collectionJobs } from '../../src/source/kinds/collection.ts';
import { flexJobs } from '../../src/source/kinds/flex.ts';
import { legacyJobs } from '../../src/source/kinds/legacy.ts';
import { serverlessJobs } from '../../src/source/kinds/serverless.ts';
import { blocks, read } from './documents.ts';

/** The first cell of each row of the document's tables, each name in it by itself. */
function namesIn(file: string): string[] {
  const cells = [...read(file).matchAll(/^\| (.*?) \|/gm)].map(([, cell = '']) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
}

describe('the tables of the documents', () => {
  it('name every event in the README', () => {
    expect(EVENT_NAMES.filter((name) => !namesIn('README.md').includes(name))).toEqual([]);
  });

  it('name in the README the role that each kind of job needs', () => {
    const rows = read('README.md').split('\n');
    for (const { kind, role } of [clusterJobs, collectionJobs, flexJobs, legacyJobs, serverlessJobs]) {
      const row = rows.find((line) => line.startsWith('|') && line.includes(`(\`${kind}\``));
      expect([kind, row]).toEqual([kind, expect.stringContaining(`| ${role} |`)]);
    }
  });

  it('name everything that opens an alert at the pager', () => {
    const openers = EVENT_NAMES.filter((name) => kindOf(name).opens !== null);
    expect(openers.filter((name) => !namesIn('docs/channels.md').includes(name))).toEqual([]);
  });

  it('say what to do about every event that is no mere news', () => {
    const text = read('docs/on-call.md');
    const grave = EVENT_NAMES.filter((name) => kindOf(name).severity !== 'info');
    expect(grave.filter((name) => !text.includes(`| **${name}**`))).toEqual([]);
  });

  it('name every kind of audit entry', () => {
    expect(AUDIT_KINDS.filter((kind) => !namesIn('docs/audit.md').includes(kind))).toEqual([]);
  });

  it('are joined by an example of each type of channel', () => {
    const shown = blocks()
      .filter(({ file, kind }) => file === 'docs/channels.md' && kind === 'channel')
      .map(({ text }) => /"type": "(\w+)"/.exec(text)?.[1]);
    const types = CHANNEL_SCHEMA.options.map(({ shape }) => String(shape.type.value));
    expect(types.filter((type) => !shown.includes(type))).toEqual([]);
  });

  it('name every command, and every option where its command is told of', () => {
    const parts: Partial<CliParts> = {
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      env: {},
      clock: systemClock,
      version: '1.2.3',
    };
    const vocabulary = vocabularyOf(buildProgram(createCli(parts as CliParts)));
    const rows = namesIn('docs/commands.md');
    const groups = ['', 'notify', 'routes', 'mute', 'audit'];
    const commands = vocabulary
      .map(({ path }) => path)
      .filter((path) => !groups.includes(path) && !/\bhelp$/.test(path));
    expect(commands.filter((path) => !rows.some((row) => `${row} `.startsWith(`${path} `)))).toEqual([]);

    const said = ['docs/commands.md', 'docs/routing-and-templates.md', 'docs/audit.md'].map(read).join('\n');
    const flags = vocabulary.flatMap(({ options }) => options.flatMap((option) => option.flags));
    const silent = new Set(['-h', '--help', '-V', '--version']);
    expect([...new Set(flags)].filter((flag) => !silent.has(flag) && !said.includes(flag))).toEqual([]);
  });
});
