import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, expect, it, vi } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Everything that may meet what Atlas, a receiver, a proxy or a stranger sends. `config/` reads what its owner has written. */
const ROOMS = 'src/{channels,cli,domain,http,logging,net,source,store,templates,views,watcher}/**/*.ts';

interface Expression {
  where: string;
  source: string;
  flags: string;
}

/** Every expression without an end to what it may take, by the parser: a new one is found by itself. */
function expressionsOf(path: string): Expression[] {
  const found: Expression[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, regex } = node as { type?: string; regex?: { pattern: string; flags: string } };
    if (type === 'Literal' && regex && /[*+]|\{\d*,\d*\}/.test(regex.pattern)) {
      found.push({ where: path, source: regex.pattern, flags: regex.flags });
    }
    for (const child of Object.values(node)) walk(child);
  };
  walk(parseSync(path, readFileSync(join(ROOT, path), 'utf8')).program);
  return found;
}

/** Those that are built of parts when a module is loaded: by loading each module that builds any. */
async function builtExpressions(): Promise<Expression[]> {
  const found: Expression[] = [];
  const Plain = globalThis.RegExp;
  const builders = globSync(ROOMS, { cwd: ROOT }).filter((path) =>
    readFileSync(join(ROOT, path), 'utf8').includes('new RegExp('),
  );
  for (const path of builders.sort()) {
    globalThis.RegExp = new Proxy(Plain, {
      construct: (target, [source, flags = '']: [string, string?]) => {
        found.push({ where: path, source, flags });
        return new target(source, flags);
      },
    });
    vi.resetModules();
    await import(join(ROOT, path)).finally(() => {
      globalThis.RegExp = Plain;
    });
  }
  return found;
}

/** What an expression is made of, as texts: its words and characters, and a member of each of its classes. */
function partsOf(source: string): string[] {
  const classes: Readonly<Record<string, string>> = {
    s: ' ',
    d: '0',
    w: 'a',
    S: 'x',
    D: 'x',
    W: '-',
    n: '\n',
    r: '\r',
  };
  const bare = source
    .replace(/\\[pP]\{[^}]*\}/g, 'a')
    .replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\{\d*,?\d*\}/g, '')
    .replace(/\(\?(?:[:=!]|<[=!]|<\w+>)/g, '(');
  const words = bare.match(/[A-Za-z]{3,}/g) ?? [];
  const characters = [...bare.matchAll(/\\(.)|[^()[\]{}|?*+^$\\]/gs)].map(([whole, escaped]) =>
    escaped === undefined ? whole : (classes[escaped] ?? escaped),
  );
  return [...new Set([...words, ...characters.filter((one) => !/[b-zB-Z1-9]/.test(one)), 'x'])].slice(0, 9);
}

/** Texts on which an expression may go back and forth: its parts, alone and in pairs, over and over. */
function attacksOn(source: string): Array<(size: number) => string> {
  const parts = partsOf(source);
  const pumps = [...parts, ...parts.flatMap((one) => parts.map((other) => one + other))];
  return [
    ['', '\u0001'],
    [parts.join(''), 'x'],
  ].flatMap(([start = '', end = '']) =>
    pumps.map((pump) => (size: number) => `${start}${pump.repeat(Math.ceil(size / pump.length))}${end}`),
  );
}

/** Milliseconds of CPU time. */
function timeOf({ source, flags }: Expression, text: string): number {
  // Without the places of groups, which cost more than finding them.
  const expression = new RegExp(source, `${flags.replace(/[dg]/g, '')}g`);
  const before = process.cpuUsage();
  // Without the matches, whose making would cost more than finding them.
  for (let last = 0; expression.test(text); last = expression.lastIndex) {
    if (expression.lastIndex === last) expression.lastIndex += 1;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const SMALL = 2_000;
/** What grows with its square needs longer than this for so little. */
const SUSPICIOUS_MS = 2;

/** How many times longer an expression takes for four times the text: 4 where the cost grows with the text, 16 with its square. */
function growthFor(expression: Expression, attack: (size: number) => string): number {
  const lowest = (size: number): number => Math.min(...[1, 2, 3].map(() => timeOf(expression, attack(size))));
  return lowest(4 * SMALL) / Math.max(0.5, lowest(SMALL));
}

const written = globSync(ROOMS, { cwd: ROOT }).sort().flatMap(expressionsOf);
const built = await builtExpressions();
/** Each once, with the first place in which it stands. */
const EXPRESSIONS = [
  ...new Map(
    [...built, ...written].map((each): [string, Expression] => [`${each.flags}/${each.source}`, each]),
  ).values(),
];

describe('an expression that meets foreign text', () => {
  it('is found wherever it stands', () => {
    expect(EXPRESSIONS.length).toBeGreaterThan(50);
    expect(built.map(({ where }) => where)).toEqual(
      expect.arrayContaining(['src/net/redact/shapes.ts', 'src/net/headers/header-date.ts']),
    );
  });

  it.each(EXPRESSIONS)('takes time in proportion to the text: $where /$source/', (expression) => {
    let worst = { attack: (size: number) => 'x'.repeat(size), time: 0 };
    for (const attack of attacksOn(expression.source)) {
      const time = timeOf(expression, attack(SMALL));
      if (time > SUSPICIOUS_MS) {
        expect(growthFor(expression, attack), JSON.stringify(attack(30))).toBeLessThan(9);
      }
      if (time > worst.time) worst = { attack, time };
    }
    const megabyte = worst.attack(1_000_000);
    expect(timeOf(expression, megabyte), JSON.stringify(megabyte.slice(0, 60))).toBeLessThan(3_000);
  });

  it('would be found out if it went back and forth', () => {
    const bad = [String.raw`\b[a-z][a-z0-9+.-]*:\/\/`, String.raw`\b[\w-]+(?:\.[\w-]+)*\.mongodb`];
    for (const source of bad) {
      const expression = { where: 'here', source, flags: 'gi' };
      const isFoundOut = attacksOn(source).some(
        (attack) => timeOf(expression, attack(SMALL)) > SUSPICIOUS_MS && growthFor(expression, attack) > 9,
      );
      expect(isFoundOut).toBe(true);
    }
  });
});
