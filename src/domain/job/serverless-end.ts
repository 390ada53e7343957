/**
 * What a person has to know who still watches serverless instances: Atlas ended them on 2026-01-22, which is also the sunset of their
 * restore-job endpoints, and lists none since. Two sentences, the second says what to do.
 */
export const SERVERLESS_END =
  'Atlas ended serverless in January 2026 and lists no serverless instance any more. Those have become flex clusters or dedicated ones: use the kinds flex and cluster.';
