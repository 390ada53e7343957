import { findNodeAtLocation, getNodeValue, parseTree } from 'jsonc-parser';
import { isRecord } from '../../domain/json-object.ts';
import { wellFormedData } from '../../domain/well-formed.ts';
import { type JsonReading, readJson } from './json-text.ts';

/** What a section (a key of the outermost object) certainly is. `unknown`: the file is broken where it stands, or may stand. */
export type Section = { kind: 'is'; value: unknown } | { kind: 'absent' } | { kind: 'unknown' };

/** What can be had of a text that should be JSON. */
export interface Salvage {
  /** Where the text is broken, in words; `null`: it is JSON, and holds an object. */
  fault: string | null;
  section(key: string): Section;
  /** All that can be read, by the keys of the outermost object. Behind a fault that may be less than was meant, or more. */
  guessed: Readonly<Record<string, unknown>>;
}

/** Reads what can be read of a text that should be JSON, and tells what of it is certain. Never throws. */
export function salvageJson(text: string): Salvage {
  const reading = readJson(text);
  const root = parseTree(text, [], OPTIONS);
  const values = objectOf(root && wellFormedData(getNodeValue(root)));
  const isWhole = reading.kind === 'value' && root?.type === 'object';
  return {
    fault: isWhole ? null : faultIn(reading),
    guessed: values,
    section: (key) => {
      if (reading.kind === 'fault') return sectionOfBroken(text, reading, key);
      if (!isWhole || reading.duplicates.some(([first]) => first === key)) return { kind: 'unknown' };
      return key in values ? { kind: 'is', value: values[key] } : { kind: 'absent' };
    },
  };
}

const OPTIONS = { allowTrailingComma: true };

function faultIn(reading: JsonReading): string {
  if (reading.kind === 'value') return 'the file holds no object';
  return `line ${reading.line}, column ${reading.column}: ${reading.message}`;
}

/** Before the fault all is as it was written. Behind it, that holds of what is sound in itself and can be nothing else. What may stand twice is not certain. */
function sectionOfBroken(text: string, fault: Extract<JsonReading, { kind: 'fault' }>, key: string): Section {
  if (text.split(JSON.stringify(key)).length !== 2) return { kind: 'unknown' };
  const root = parseTree(text, [], OPTIONS);
  const node = root && findNodeAtLocation(root, [key]);
  const isBefore = node !== undefined && node.offset + node.length <= fault.offset;
  const piece = isBefore ? text.slice(node.offset, node.offset + node.length) : onlyPieceAt(text, key);
  const reading = piece === null ? null : readJson(piece);
  return reading?.kind === 'value' && reading.duplicates.length === 0
    ? { kind: 'is', value: reading.value }
    : { kind: 'unknown' };
}

/**
 * The object that the key names, where the key stands first on its line: in no text and in no comment. A
 * comment of several lines that a fault has opened or closed could make more or less of the text: where there may be one, nothing is taken.
 */
function onlyPieceAt(text: string, key: string): string | null {
  const line = new RegExp(`^\\s*${JSON.stringify(key)}\\s*:\\s*(?=\\{)`, 'm').exec(text);
  if (line === null || text.includes('/*')) return null;
  const rest = text.slice(line.index + line[0].length);
  return rest.slice(0, parseTree(rest, [], OPTIONS)?.length ?? 0);
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}
