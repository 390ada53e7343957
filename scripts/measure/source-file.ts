import { readFileSync } from 'node:fs';
import { type Node, parseSync, Visitor } from 'oxc-parser';

/** One function of a source file, by its length in lines. */
export interface MeasuredFunction {
  name: string;
  lines: number;
}

/** One exported function, class or interface, and whether a docstring stands above it. */
export interface ExportedThing {
  name: string;
  hasDocstring: boolean;
}

/** What is counted about one source file. */
export interface SourceFile {
  path: string;
  lines: number;
  functions: MeasuredFunction[];
  exported: ExportedThing[];
  /** What the file imports or re-exports, as it is written: relative paths and package names, type imports too. */
  imports: string[];
}

/** Parses one TypeScript file and counts what `npm run measure` shows. @throws when the file does not parse. */
export function readSourceFile(path: string): SourceFile {
  const text = readFileSync(path, 'utf8');
  const { program, comments, module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const lineOf = createLineIndex(text);
  const docstringEnds = comments
    .filter(({ type, value }) => type === 'Block' && value.startsWith('*'))
    .map(({ end }) => end);
  const isDocumented = (start: number): boolean =>
    docstringEnds.some((end) => end <= start && text.slice(end, start).trim() === '');

  return {
    path,
    lines: lineOf(text.length - 1),
    functions: functionsOf(program, lineOf),
    exported: program.body.flatMap((statement) => exportedBy(statement, isDocumented)),
    imports: [
      ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
      ...module.staticExports.flatMap(({ entries }) =>
        entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
      ),
      ...module.dynamicImports.map(({ moduleRequest }) =>
        text.slice(moduleRequest.start + 1, moduleRequest.end - 1),
      ),
    ],
  };
}

function functionsOf(program: Node & { type: 'Program' }, lineOf: (offset: number) => number) {
  const found: MeasuredFunction[] = [];
  const names = new Map<number, string>();
  const name = (child: Node | null | undefined, text: string): void => {
    if (child) names.set(child.start, text);
  };
  const measure = ({ start, end }: Node, own?: string): void => {
    found.push({ name: own ?? names.get(start) ?? '(anonymous)', lines: lineOf(end) - lineOf(start) + 1 });
  };
  new Visitor({
    VariableDeclarator: (node) => node.id.type === 'Identifier' && name(node.init, node.id.name),
    Property: (node) => node.key.type === 'Identifier' && name(node.value, node.key.name),
    MethodDefinition: (node) => 'name' in node.key && name(node.value, String(node.key.name)),
    FunctionDeclaration: (node) => measure(node, node.id?.name),
    FunctionExpression: (node) => measure(node),
    ArrowFunctionExpression: (node) => measure(node),
  }).visit(program);
  return found;
}

/** Functions, classes and interfaces; types and constants speak for themselves more often. */
function exportedBy(statement: Node, isDocumented: (start: number) => boolean): ExportedThing[] {
  if (statement.type !== 'ExportNamedDeclaration' || !statement.declaration) return [];
  const { declaration } = statement;
  const hasDocstring = isDocumented(statement.start);
  switch (declaration.type) {
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
    case 'TSInterfaceDeclaration':
      return [{ name: declaration.id?.name ?? 'default', hasDocstring }];
    case 'VariableDeclaration':
      return declaration.declarations.flatMap(({ id, init }) =>
        init?.type === 'ArrowFunctionExpression' && id.type === 'Identifier'
          ? [{ name: id.name, hasDocstring }]
          : [],
      );
    default:
      return [];
  }
}

/** Tells the line of an offset, from 1. */
function createLineIndex(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
