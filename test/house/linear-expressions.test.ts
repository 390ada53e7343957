import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
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

/**
 * Milliseconds of CPU time of this process (that of a thread comes in ticks). Only the shortest of several tells: whatever else goes on makes
 * one longer, and none shorter.
 */
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
const LARGE = 62_500;
/** Less says nothing. What grows with its square needs far longer for `SMALL`, on a fast machine too. */
const LEAST_MS = 0.02;
/**
 * For 16 times the text, what grows with it takes 16 times as long, and what grows with its square 256 times. The limit lies in the middle: a
 * verdict is wrong only where every try of the one size, and not those of the other, was held up four times over.
 */
const TIMES_THE_TEXT = 16;
const FOUND_OUT = 64;
/** What is not found innocent by then is not. */
const TRIES = 10;
const MOST_MS = 2_000;

/** The shortest of several tries; ends with one that takes no longer than `enoughMs`. */
function shortestOf(expression: Expression, text: string, enoughMs: number): number {
  let shortest = Number.POSITIVE_INFINITY;
  let spentMs = 0;
  for (let tries = 0; shortest > enoughMs && tries < TRIES && spentMs < MOST_MS; tries += 1) {
    const took = timeOf(expression, text);
    spentMs += took;
    shortest = Math.min(shortest, took);
  }
  return shortest;
}

/** How many times longer an expression takes for 16 times the text; what grows with the cube, or faster, is not tried with all of that. */
function growthFor(expression: Expression, attack: (size: number) => string, size: number): number {
  const less = Math.max(LEAST_MS, shortestOf(expression, attack(size), 0));
  const enoughMs = FOUND_OUT * less;
  const between = shortestOf(expression, attack(4 * size), enoughMs);
  return (
    Math.max(
      between,
      between > enoughMs ? 0 : shortestOf(expression, attack(TIMES_THE_TEXT * size), enoughMs),
    ) / less
  );
}

/** What else a process does at times (collect garbage, compile) holds up all tries of a moment: who is found out in one is tried again later. */
const MOMENT_MS = 150;
const LOOKS = 3;

async function surelyGrowthFor(...asked: Parameters<typeof growthFor>): Promise<number> {
  let growth = Number.POSITIVE_INFINITY;
  for (let looks = 0; growth > FOUND_OUT && looks < LOOKS; looks += 1) {
    if (looks > 0) await delay(MOMENT_MS);
    const before = process.cpuUsage();
    growth = Math.min(growth, growthFor(...asked));
    const { user, system } = process.cpuUsage(before);
    if (user + system > 1_000 * MOMENT_MS) break;
  }
  return growth;
}

/** So many attacks, those that take longest, are tried at more sizes: one that goes back and forth takes a hundred times as long as others. */
const WORST = 5;

/** How the cost of an expression grows at the worst of the attacks on it, and with which. */
async function worstGrowthOf(expression: Expression): Promise<{ growth: number; attack: string }> {
  const worst = attacksOn(expression.source)
    .map((attack) => ({ attack, time: timeOf(expression, attack(SMALL)) }))
    .sort((a, b) => b.time - a.time)
    .slice(0, WORST);
  let found = { growth: 0, attack: '' };
  const note = async (attack: (size: number) => string, size: number): Promise<void> => {
    const growth = await surelyGrowthFor(expression, attack, size);
    if (growth > found.growth) found = { growth, attack: attack(30) };
  };
  for (const { attack } of worst) {
    await note(attack, SMALL);
    if (found.growth > FOUND_OUT) return found;
  }
  // What costs little at first, and grows with its square all the same.
  for (const { attack } of worst.slice(0, 1)) await note(attack, LARGE);
  return found;
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

  it.each(EXPRESSIONS)('takes time in proportion to the text: $where /$source/', async (expression) => {
    const { growth, attack } = await worstGrowthOf(expression);
    expect(growth, JSON.stringify(attack)).toBeLessThan(FOUND_OUT);
  });

  it.each([
    String.raw`\b[a-z][a-z0-9+.-]*:\/\/`,
    String.raw`\b[\w-]+(?:\.[\w-]+)*\.mongodb`,
    String.raw`\s+$`,
  ])('would be found out if it went back and forth: /%s/', async (source) => {
    const { growth } = await worstGrowthOf({ where: 'here', source, flags: 'gi' });
    expect(growth).toBeGreaterThan(FOUND_OUT);
  });
});
