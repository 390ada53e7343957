import type { JobKind } from '../domain/job/restore-job.ts';
import type { Watch } from '../domain/job/watch.ts';
import type { SourceReason } from '../errors.ts';
import type { FeedFinding } from './feeds.ts';

/** The way from here to a restore job, in its order. Nobody can take a step before the one that comes before it. */
export const STEPS = ['connection', 'credential', 'accessList', 'project', 'instance', 'job'] as const;
export type StepName = (typeof STEPS)[number];

/** What to write in the watch in place of what stands there. */
export type Suggestion = Partial<Pick<Watch, 'kind' | 'groupId' | 'instanceName'>>;

/** Why a step cannot be taken, and what a person can do about it. */
export interface StepFault {
  /** `internal`: a fault of this program. */
  reason: SourceReason | 'internal';
  /** The HTTP status, when there was a reply. */
  status: number | null;
  atlasCode: string | null;
  message: string;
  hint: string | null;
  suggestion: Suggestion | null;
}

/** `skipped`: not looked at, since an earlier step failed, or Atlas refused before it came to this one. */
export type Step = { step: StepName } & (
  | { outcome: 'ok'; detail: string | null; warning: string | null }
  | ({ outcome: 'failed' } & StepFault)
  | { outcome: 'skipped' }
);

/** How far one watch gets. */
export interface Diagnosis {
  watch: string;
  connection: string;
  kind: JobKind;
  /** No step failed; there may be warnings. */
  ok: boolean;
  /** Requests that a poll of it takes, by project; of a `*` in those that were looked into. Empty where a step failed. */
  asks: Readonly<Record<string, number>>;
  /** What Atlas fills up there in a minute, for all who use the project, by project; as far as its replies tell. */
  refills: Readonly<Record<string, number>>;
  /** Whether the activity feeds can be read that may tell when to poll; see `asks` for which projects. */
  feeds: readonly FeedFinding[];
  /** Whether the activity feeds can be read that are to tell who began a restore; see `asks` for which projects. Empty where nobody asks. */
  actors: readonly FeedFinding[];
  /** All of them, in order. */
  steps: Step[];
}

/** What there is to say about steps that were taken. */
export type Notes = ReadonlyMap<StepName, { detail: string | null; warning: string | null }>;

/** A fault, and where it lies. */
export interface PlacedFault {
  step: StepName;
  /** The last step that the fault proves to be sound: Atlas came to look at it. `null`: none. */
  proven: StepName | null;
  fault: StepFault;
  /** See `SourceError.suggestedKind`. */
  suggestedKind: JobKind | null;
}

/**
 * The diagnosis of a watch that gets all the way; `notes` say what was found at each step, `asks` what its polls ask for, `refills` what Atlas
 * allows there, `feeds` which activity feeds can be read.
 */
export function passed(
  watch: Watch,
  notes: Notes,
  {
    asks,
    refills = new Map(),
    feeds = [],
    actors = [],
  }: {
    asks: ReadonlyMap<string, number>;
    refills?: ReadonlyMap<string, number>;
    feeds?: readonly FeedFinding[];
    actors?: readonly FeedFinding[];
  },
): Diagnosis {
  const steps = STEPS.map((step) => okStep(step, notes));
  return {
    ...diagnosis(watch, steps),
    asks: Object.fromEntries(asks),
    refills: Object.fromEntries(refills),
    feeds,
    actors,
  };
}

/** The diagnosis of a watch whose way ends at the step of this fault: what is proven is sound, the rest is skipped. */
export function failed(watch: Watch, notes: Notes, { step: place, proven, fault }: PlacedFault): Diagnosis {
  const lastProven = proven === null ? -1 : STEPS.indexOf(proven);
  const steps = STEPS.map((step, index): Step => {
    if (step === place) return { step, outcome: 'failed', ...fault };
    return index <= lastProven ? okStep(step, notes) : { step, outcome: 'skipped' };
  });
  return diagnosis(watch, steps);
}

/** The same steps for another watch: the fault is one of their connection. */
export function sameFor(watch: Watch, { steps }: Diagnosis): Diagnosis {
  return diagnosis(watch, steps);
}

/** The step at which the watch ends; `null` when it gets all the way. */
export function failedStep({ steps }: Diagnosis): Extract<Step, { outcome: 'failed' }> | null {
  return steps.find((step) => step.outcome === 'failed') ?? null;
}

/** True when every watch of the connection would meet the same fault, so that asking again teaches nothing. */
export function isConnectionWide(diagnosis: Diagnosis): boolean {
  const fault = failedStep(diagnosis);
  if (fault === null) return false;
  const { step, status, reason } = fault;
  if (step === 'credential' || step === 'accessList') return true;
  return step === 'connection' && status === null && (reason === 'unavailable' || reason === 'timeout');
}

function diagnosis({ name, connection, kind }: Watch, steps: Step[]): Diagnosis {
  const ok = steps.every(({ outcome }) => outcome !== 'failed');
  return { watch: name, connection, kind, ok, asks: {}, refills: {}, feeds: [], actors: [], steps };
}

function okStep(step: StepName, notes: Notes): Step {
  const { detail = null, warning = null } = notes.get(step) ?? {};
  return { step, outcome: 'ok', detail, warning };
}
