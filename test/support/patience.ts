/**
 * How long a test waits for what ought to come at once, in milliseconds: so long that a machine with other things to do is still in
 * time. It is not a limit of the product: a test that is about one names it.
 */
export const PATIENCE_MS = 45_000;
