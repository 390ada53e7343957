/** Where in the configuration: keys and positions, from the outside in. */
export type Path = ReadonlyArray<string | number>;

/** `watches[0].labels["a b"]`; the whole file is `''`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (!/^[A-Za-z_$][\w$-]*$/.test(step)) return `${text}[${JSON.stringify(step)}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/** What stands at a path; `undefined` where nothing does. */
export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (isContainer(value) ? value[step] : undefined), root);
}

/** A copy with the value at the path replaced. Where the path leads nowhere, the copy is the original. */
export function withValueAt(root: unknown, path: Path, replacement: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return replacement;
  if (!isContainer(root) || !Object.hasOwn(root, step)) return root;
  const copy = (Array.isArray(root) ? [...root] : { ...root }) as Container;
  copy[step] = withValueAt(root[step], rest, replacement);
  return copy;
}

/** True when `path` is `ancestor` or lies within it. */
export function isWithin(path: Path, ancestor: Path): boolean {
  return ancestor.length <= path.length && ancestor.every((step, index) => path[index] === step);
}

/** Orders paths as they are met when the file is read from top to bottom; what is not in the file comes after what is. */
export function byPlaceIn(root: unknown): (a: Path, b: Path) => number {
  return (a, b) => {
    let value = root;
    for (let depth = 0; depth < Math.min(a.length, b.length); depth += 1) {
      const [left, right] = [a[depth] ?? '', b[depth] ?? ''];
      if (left !== right) return placeOf(left, value) - placeOf(right, value);
      value = isContainer(value) ? value[left] : undefined;
    }
    return a.length - b.length;
  };
}

type Container = Record<string | number, unknown>;

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

function placeOf(step: string | number, container: unknown): number {
  if (typeof step === 'number') return step;
  const place = isContainer(container) ? Object.keys(container).indexOf(step) : -1;
  return place === -1 ? Number.MAX_SAFE_INTEGER : place;
}
