import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseErrorCode,
  parseTree,
  printParseErrorCode,
  visit,
} from 'jsonc-parser';
import { wellFormedData } from '../../domain/well-formed.ts';
import type { Path } from './paths.ts';

/** What a JSON text comes to. Line and column count from 1. A fault never quotes more of the text than one character. */
export type JsonReading =
  | {
      kind: 'value';
      value: unknown;
      /** Keys that stand twice in one object; the last one won. */
      duplicates: Path[];
      /** The line on which a path stands; of one that is not there, the line of what it would stand in. */
      lineOf: (path: Path) => number;
    }
  | {
      kind: 'fault';
      line: number;
      column: number;
      /** How many characters stand before it. */
      offset: number;
      message: string;
    };

const DEEPEST = 100;

const OPTIONS = { allowTrailingComma: true };

/**
 * Reads JSON, in which comments and trailing commas may stand; of any other text it says where it stops being JSON, and why.
 * The parser's own reading goes on behind a fault and does not see that a key stands twice.
 */
export function readJson(text: string): JsonReading {
  try {
    const duplicates = keysThatStandTwice(text);
    const root = parseTree(text, [], OPTIONS);
    return {
      kind: 'value',
      value: root && wellFormedData(getNodeValue(root)),
      duplicates,
      lineOf: (path) => lineAt(text, offsetOf(root, path)),
    };
  } catch (error) {
    if (error instanceof JsonFault) return { kind: 'fault', ...error.place, message: error.message };
    throw error;
  }
}

class JsonFault extends Error {
  readonly place: { line: number; column: number; offset: number };

  /** The parser counts from 0. */
  constructor(message: string, offset: number, line: number, character: number) {
    super(message);
    this.place = { line: line + 1, column: character + 1, offset };
  }
}

/** Walks the text once. @throws {JsonFault} at the first thing that is not JSON. */
function keysThatStandTwice(text: string): Path[] {
  const duplicates: Path[] = [];
  /** The objects and lists around the place, from the outside in; of an object, the keys so far. */
  const around: Array<Set<string> | 'list'> = [];
  const enter = (container: Set<string> | 'list', offset: number, line: number, character: number): void => {
    if (around.push(container) > DEEPEST + 1) {
      throw new JsonFault(`nested deeper than ${DEEPEST} levels`, offset, line, character);
    }
  };
  const leave = (): void => void around.pop();
  visit(
    text,
    {
      onObjectBegin: (offset, _length, line, character) => enter(new Set(), offset, line, character),
      onObjectEnd: leave,
      onArrayBegin: (offset, _length, line, character) => enter('list', offset, line, character),
      onArrayEnd: leave,
      onObjectProperty: (key, _offset, _length, _line, _character, pathOfObject) => {
        const keys = around.at(-1);
        if (!(keys instanceof Set)) return;
        if (keys.has(key)) duplicates.push([...pathOfObject(), key]);
        keys.add(key);
      },
      onError: (code, offset, _length, line, character) => {
        const isInList = around.at(-1) === 'list';
        throw new JsonFault(describe(code, text[offset], isInList), offset, line, character);
      },
    },
    OPTIONS,
  );
  return duplicates;
}

/** A key rather than its value: an object may begin a line further down. */
function offsetOf(root: Node | undefined, path: Path): number {
  if (root === undefined) return 0;
  for (let length = path.length; length > 0; length -= 1) {
    const node = findNodeAtLocation(root, path.slice(0, length));
    if (node) return node.parent?.type === 'property' ? node.parent.offset : node.offset;
  }
  return root.offset;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

type ErrorName = ReturnType<typeof printParseErrorCode>;

/** What is wrong with the text at the place. All other errors of the parser say what it expected there. */
const WRONG: Partial<Record<ErrorName, string>> = {
  UnexpectedEndOfString: 'this text has no closing quote on its line',
  InvalidCharacter: 'this text holds a tab or another control character (a tab is written \\t)',
  InvalidEscapeCharacter: 'this text holds an escape that JSON does not know (a backslash is written \\\\)',
  InvalidUnicode: 'this text holds a \\u without four hexadecimal digits',
  UnexpectedEndOfNumber: 'this number breaks off',
  UnexpectedEndOfComment: 'this comment has no end',
};

const EXPECTED: Partial<Record<ErrorName, string>> = {
  InvalidSymbol: 'a value, or a key in double quotes',
  ValueExpected: 'a value',
  PropertyNameExpected: 'a key in double quotes',
  ColonExpected: '":"',
  CloseBraceExpected: '"," or "}"',
  CloseBracketExpected: '"," or "]"',
  EndOfFileExpected: 'the end of the file',
};

function describe(code: ParseErrorCode, found: string | undefined, isInList: boolean): string {
  const name = printParseErrorCode(code);
  const wrong = WRONG[name];
  if (wrong !== undefined) return wrong;
  if (found === "'") return 'texts and keys stand in double quotes, not in single ones';
  const separator = `"," or "${isInList ? ']' : '}'}"`;
  const expected = name === 'CommaExpected' ? separator : (EXPECTED[name] ?? 'something else');
  if (found === undefined) return `expected ${expected}, but the file ends here`;
  return `expected ${expected}, found ${found === '"' ? 'a double quote' : JSON.stringify(found)}`;
}
