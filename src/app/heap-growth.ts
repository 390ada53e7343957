import v8 from 'node:v8';

/**
 * By how many per cent of what is alive the heap may grow before it is tidied up. V8 itself goes by the limit of the heap: 30 for a
 * small one, 300 for that of a large machine, where the garbage of an hour outweighs all that the daemon needs.
 */
const GROWTH_PERCENT = 50;

/**
 * Keeps the heap in proportion to what is alive in it, on whatever machine, until the function that it returns is called. To be called
 * once the program is loaded, and undone before the process ends: code that V8 compiles under other flags is not used, nor is it of use
 * to the next start.
 */
export function boundHeapGrowth(percent = GROWTH_PERCENT): () => void {
  v8.setFlagsFromString(`--heap-growing-percent=${percent}`);
  return () => v8.setFlagsFromString('--heap-growing-percent=0');
}
