import { isRecord } from '../json-object.ts';

/**
 * How sure it is who began a restore. `exact`: the event of the activity feed was made by the same process of Atlas within seconds of the
 * job, and of no other job; `likely`: it is the only one that was made at about that time; `ambiguous`: several fit equally; `none`: nobody is known.
 */
export const ACTOR_CONFIDENCES = ['exact', 'likely', 'ambiguous', 'none'] as const;

/** Why nobody is known. `not_told`: the feed tells of no request that fits; `no_permission`: it may not be read; `unreadable`: it cannot be understood, or was not asked in time. */
export type NobodyBecause = 'not_told' | 'no_permission' | 'unreadable';

/** Somebody, as the activity feed names them. */
export interface Person {
  /** Of the user, the API key or the service account. */
  id: string;
  /** A user name, or the public half of an API key. Text from Atlas. */
  name: string | null;
  /** Where the request came from. */
  address: string | null;
}

/** Who began a restore, and how sure that is. */
export type Actor =
  | ({ confidence: 'exact' | 'likely' } & Person)
  | { confidence: 'ambiguous'; candidates: readonly Person[] }
  | { confidence: 'none'; because: NobodyBecause };

/** An actor as scripts see it, in webhooks, over HTTP and from the command line. `id` is `null` unless one person is meant. */
export function publicActor(actor: Actor): Record<string, unknown> {
  switch (actor.confidence) {
    case 'exact':
    case 'likely':
      return { ...publicPerson(actor), confidence: actor.confidence };
    case 'ambiguous':
      return { id: null, confidence: 'ambiguous', candidates: actor.candidates.map(publicPerson) };
    case 'none':
      return { id: null, confidence: 'none', reason: actor.because };
  }
}

function publicPerson({ id, name, address }: Person): Record<string, unknown> {
  return { id, ...(name === null ? {} : { name }), ...(address === null ? {} : { address }) };
}

/** Reads what `publicActor` writes; `null` for anything else. */
export function parseActor(value: unknown): Actor | null {
  if (!isRecord(value)) return null;
  const { confidence, candidates, reason } = value;
  if (confidence === 'exact' || confidence === 'likely') {
    const person = personIn(value);
    return person && { confidence, ...person };
  }
  if (confidence === 'ambiguous') {
    const people = Array.isArray(candidates) ? candidates.flatMap((each) => personIn(each) ?? []) : [];
    return { confidence, candidates: people };
  }
  if (confidence !== 'none') return null;
  return { confidence, because: reason === 'no_permission' || reason === 'unreadable' ? reason : 'not_told' };
}

function personIn(value: unknown): Person | null {
  if (!isRecord(value) || typeof value.id !== 'string') return null;
  const { id, name, address } = value;
  return {
    id,
    name: typeof name === 'string' ? name : null,
    address: typeof address === 'string' ? address : null,
  };
}

const NOBODY: Readonly<Record<NobodyBecause, string>> = {
  not_told: 'the activity feed tells of no request that fits',
  no_permission: 'the credential may not read the activity feed',
  unreadable: 'the activity feed could not be read in time',
};

/** `ann@example.com from 203.0.113.7 (exact)`, `ann@example.com or bob@example.com (ambiguous)`, `not known (none): …`. Holds text from Atlas. */
export function actorWords(actor: Actor): string {
  switch (actor.confidence) {
    case 'exact':
    case 'likely':
      return `${personWords(actor)} (${actor.confidence})`;
    case 'ambiguous':
      return `${actor.candidates.map(personWords).join(' or ')} (ambiguous)`;
    case 'none':
      return `not known (none): ${NOBODY[actor.because]}`;
  }
}

function personWords({ id, name, address }: Person): string {
  return `${name ?? id}${address === null ? '' : ` from ${address}`}`;
}
