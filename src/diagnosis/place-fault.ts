import { SourceError } from '../errors.ts';
import { type PlacedFault, STEPS, type StepFault, type StepName } from './diagnosis.ts';

/** What was asked for when something happened. */
export type Question = 'projects' | 'instances' | 'jobs' | 'job';

/** A fault that no answer of Atlas is by itself: what a walk makes of several, or of one that is as it should be. */
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
    return { step, proven: stepBefore(step), fault };
  }
  if (!(error instanceof SourceError)) {
    const hint = 'This is a fault of restore-watcher itself: please report it with this message.';
    return { step: ASKED_ABOUT[question], proven: null, fault: faultOf(error, 'internal', hint) };
  }
  const step = stepOf(error, question);
  const hint = isUnknownAddress(error, question) ? UNKNOWN_ADDRESS : (error.hint ?? null);
  return { step, proven: provenBefore(step, error), fault: faultOf(error, error.reason, hint) };
}

const UNKNOWN_ADDRESS = 'Check instanceName and kind, and baseUrl: Atlas knows nothing at that address.';

/** A 404 that names nothing. By itself it would be read as one about a job, but no job was asked for. */
function isUnknownAddress({ reason, atlasCode = '' }: SourceError, question: Question): boolean {
  return (
    reason === 'not_found' && question !== 'job' && !/GROUP|CLUSTER|INSTANCE|RESTORE|JOB/.test(atlasCode)
  );
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

function stepOf(error: SourceError, question: Question): StepName {
  const code = error.atlasCode ?? '';
  switch (error.reason) {
    case 'unavailable':
    case 'timeout':
    case 'bad_response':
      return 'connection';
    case 'auth':
      return isOfLogin(code) ? 'credential' : 'project';
    case 'refused':
      return stepOfRefusal(code, question);
    case 'rate_limited':
      return isOAuth(code) ? 'credential' : 'project';
    case 'not_found':
      return stepOfNotFound(code, question);
    case 'bad_request':
      if (error.status === undefined) return 'connection'; // it was never sent
      if (isOAuth(code)) return 'credential';
      return code.includes('BACKUP') ? 'instance' : ASKED_ABOUT[question];
    case 'wrong_kind':
    case 'gone':
      return 'instance';
  }
}

function stepOfRefusal(code: string, question: Question): StepName {
  if (/ACCESS_LIST|WHITELIST/.test(code)) return 'accessList';
  if (isOAuth(code)) return 'credential';
  if (code === '') return 'connection'; // not Atlas: a proxy or a firewall
  return code === 'ACCOUNT_SUSPENDED' || question === 'projects' ? 'project' : 'instance';
}

function stepOfNotFound(code: string, question: Question): StepName {
  if (/RESTORE|JOB/.test(code)) return 'job';
  if (/GROUP|PROJECT/.test(code)) return 'project';
  return /CLUSTER|INSTANCE/.test(code) ? 'instance' : ASKED_ABOUT[question];
}

/** Atlas answers a wrong key as it answers a request without one. */
function isOfLogin(code: string): boolean {
  return code === '' || code === 'UNEXPECTED_ERROR' || isOAuth(code);
}

/** The codes of the token endpoint (RFC 6749) are in lower case, those of the Admin API never are. */
function isOAuth(code: string): boolean {
  return /^[a-z_]+$/.test(code);
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
