import { isRecord } from '../../domain/json-object.ts';

/** What an answer says beneath its envelope. `status` is the one written inside; `null` where there is none. */
export interface OpenedEnvelope {
  status: number | null;
  body: unknown;
}

/**
 * Opens Atlas's envelope in both documented spellings, `{status, content}` and `{status, envelope}`, and the form of lists and bare
 * errors, where `status` stands beside the other keys. Anything else is handed back as it is. We never ask for an envelope;
 * a proxy or an old bookmark of a base URL may.
 */
export function openEnvelope(body: unknown): OpenedEnvelope {
  if (!isRecord(body) || typeof body.status !== 'number') return { status: null, body };
  const status = body.status;
  if ('content' in body) return { status, body: body.content };
  if ('envelope' in body) return { status, body: body.envelope };
  return { status, body };
}
