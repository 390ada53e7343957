import type { Liquid, Template } from 'liquidjs';
import { spanFilter, timeFilter } from './filters.ts';
import { type Place, TemplateFault, toTemplateFault } from './template-fault.ts';
import type { TemplateValues } from './values.ts';
import { FILTERS, TAGS } from './vocabulary.ts';

/** What makes the text of a value safe for where it goes. Is given text on one line. */
export type Escape = (text: string) => string;

/** What an engine renders with. */
export interface EngineOptions {
  /** Applied to every value that a template puts out, and to nothing that the template says itself. */
  escapeValue: Escape;
  /** IANA zone for the filter `time`, beside UTC; `null`: UTC alone. */
  timeZone: string | null;
  /** How long one rendering may take, in milliseconds. */
  renderLimitMs?: number | undefined;
}

/** Where a template speaks of something from outside: the steps to it (`job`, `id`), as far as they are not computed. */
export interface Variable extends Place {
  steps: readonly unknown[];
}

/** A template that has been parsed. */
export interface ParsedTemplate {
  variables(): Variable[];
  /** @throws {TemplateFault} when a limit is exceeded or a filter refuses a value. */
  render(values: TemplateValues): string;
}

/** Parses the templates of one channel. */
export interface Engine {
  /** @throws {TemplateFault} */
  parse(text: string): ParsedTemplate;
}

/**
 * Of one template in characters, of one rendering in milliseconds, and in units of about a character or an element that it makes.
 * Rendering holds up everything else, and ordinarily takes less than a millisecond; the margin is for a starved machine.
 */
const PARSE_LIMIT = 20_000;
const RENDER_LIMIT_MS = 500;
const MEMORY_LIMIT = 100_000;
/** Of what comes out, in characters. The library does not count it. */
const OUTPUT_LIMIT = 50_000;

/**
 * Makes an engine that sees the values it is given and nothing else: no file, no environment, no clock, no prototype. The library is
 * loaded by the first one, so that a watcher without templates has it not in its memory.
 */
export async function createEngine({
  escapeValue,
  timeZone,
  renderLimitMs = RENDER_LIMIT_MS,
}: EngineOptions): Promise<Engine> {
  const library = await import('liquidjs');
  const liquid = new library.Liquid({
    // Instead of the file system, should anything ever ask for a template by name.
    templates: {},
    dynamicPartials: false,
    relativeReference: false,
    strictFilters: true,
    ownPropertyOnly: true,
    outputEscape: (value: unknown) => escapeValue(textOf(value)),
    parseLimit: PARSE_LIMIT,
    renderLimit: renderLimitMs,
    memoryLimit: MEMORY_LIMIT,
  });
  keepOnly(liquid.tags, TAGS);
  keepOnly(liquid.filters, FILTERS);
  liquid.registerFilter('time', timeFilter(timeZone));
  liquid.registerFilter('span', spanFilter);
  return { parse: (text) => parse(liquid, text) };
}

function parse(liquid: Liquid, text: string): ParsedTemplate {
  const parts = attempt(() => liquid.parse(text));
  return {
    variables: () => attempt(() => variablesOf(liquid, parts)),
    render: (values) => attempt(() => checked(String(liquid.renderSync(parts, { ...values })))),
  };
}

function checked(text: string): string {
  if (text.length <= OUTPUT_LIMIT) return text;
  throw new TemplateFault(`it says more than ${OUTPUT_LIMIT} characters`, null);
}

function variablesOf(liquid: Liquid, parts: Template[]): Variable[] {
  const { globals } = liquid.analyzeSync(parts, { partials: false });
  return Object.values(globals).flatMap((uses) =>
    uses.map((use) => ({ steps: use.toArray(), line: use.location.row, column: use.location.col })),
  );
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw toTemplateFault(thrown);
  }
}

function keepOnly(registry: Record<string, unknown>, kept: readonly string[]): void {
  for (const name of Object.keys(registry)) if (!kept.includes(name)) delete registry[name];
}

/** As a template's reader expects it: nothing for what is not there, and for what is no text. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join('');
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? `${value}`
    : '';
}
