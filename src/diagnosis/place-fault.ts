import { SourceError, type SourceSubject } from '../errors.ts';
import { type PlacedFault, STEPS, type StepFault, type StepName } from './diagnosis.ts';

/** What was asked for when something happened. */
export type Question = 'projects' | 'instances' | 'jobs' | 'job';

/** A fault that the walk finds in sound answers of Atlas: a named job that is on none of the instances, or a credential that sees no project. */
export class FoundFault extends Error {
  readonly step: StepName;
  readonly fault: StepFault;

  constructor(step: StepName, fault: Pick<StepFault, 'reason' | 'message' | 'hint'> & Partial<StepFault>) {
    super(fault.message);
    this.step = step;
    this.fault = { status: null, atlasCode: null, suggestion: null, ...fault };
  }
}

/** Finds where a fault lies by what Atlas said of it. `question`: what was asked for, where that is all there is to go by. */
export function placeFault(error: Error, question: Question): PlacedFault {
  if (error instanceof FoundFault) {
    const { step, fault } = error;
    return { step, proven: stepBefore(step), fault, suggestedKind: null };
  }
  if (!(error instanceof SourceError)) {
    const hint = 'This is a fault of restore-watcher itself: please report it with this message.';
    const fault = faultOf(error, 'internal', hint);
    return { step: ASKED_ABOUT[question], proven: null, fault, suggestedKind: null };
  }
  const step = stepOf(error, question);
  const { reason, hint = null, suggestedKind } = error;
  return { step, proven: provenBefore(step, error), fault: faultOf(error, reason, hint), suggestedKind };
}

function faultOf(error: Error, reason: StepFault['reason'], hint: string | null): StepFault {
  const known = error instanceof SourceError ? error : null;
  return {
    reason,
    status: known?.status ?? null,
    atlasCode: known?.atlasCode ?? null,
    message: error.message,
    hint,
    suggestion: null,
  };
}

/** Which step a question is about when the answer does not say. */
const ASKED_ABOUT: Readonly<Record<Question, StepName>> = {
  projects: 'project',
  instances: 'instance',
  jobs: 'instance',
  job: 'job',
};

/** The step at which each subject is looked at. */
const STEP_OF: Readonly<Record<Exclude<SourceSubject, 'request'>, StepName>> = {
  credential: 'credential',
  access_list: 'accessList',
  project: 'project',
  instance: 'instance',
  kind: 'instance',
  job: 'job',
};

function stepOf({ reason, subject }: SourceError, question: Question): StepName {
  if (subject === null) return 'connection';
  // An address at which nothing is known is one of the instance, also where a job was asked for.
  if (subject === 'request')
    return reason === 'not_found' && question === 'job' ? 'instance' : ASKED_ABOUT[question];
  const step = STEP_OF[subject];
  // The list of projects is above all instances.
  return step === 'instance' && question === 'projects' ? 'project' : step;
}

/**
 * The step before, except where Atlas can refuse a request for its form or its version before it has looked at the project: then
 * nothing is known of that.
 */
function provenBefore(step: StepName, { reason }: SourceError): StepName | null {
  const saysLittle = reason === 'bad_request' || reason === 'gone';
  const isBeyondLogin = STEPS.indexOf(step) > STEPS.indexOf('project');
  return saysLittle && isBeyondLogin ? 'accessList' : stepBefore(step);
}

function stepBefore(step: StepName): StepName | null {
  return STEPS[STEPS.indexOf(step) - 1] ?? null;
}
