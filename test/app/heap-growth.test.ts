import v8 from 'node:v8';
import { afterEach, describe, expect, it } from 'vitest';
import { boundHeapGrowth } from '../../src/app/heap-growth.ts';

describe('the growth of the heap', () => {
  let undo = (): void => {};
  afterEach(() => undo());

  it('is bound by a flag that V8 knows, and undone without a trace, so that compiled code stays valid', () => {
    const before = v8.cachedDataVersionTag();
    undo = boundHeapGrowth();
    expect(v8.cachedDataVersionTag()).not.toBe(before);
    undo();
    expect(v8.cachedDataVersionTag()).toBe(before);
  });
});
