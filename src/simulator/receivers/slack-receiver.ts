import { type HttpReceiver, type ReceivedRequest, startHttpReceiver } from './http-receiver.ts';
import { type SlackFault, slackFault } from './slack-limits.ts';

/** A message as the Slack receiver got it. */
export interface ReceivedSlackMessage extends ReceivedRequest {
  /** What Slack would refuse it for. */
  fault: SlackFault | null;
}

/** The secret part of the URL. Found in a message or a log, it has leaked. */
export const SLACK_URL_CANARY = 'CANARYinTheSlackUrl00000';

/** An incoming webhook of Slack: answers `ok`, or 400 with Slack's word for what is wrong. The secret part of its URL is made up. */
export async function startSlackReceiver(
  options: { port?: number } = {},
): Promise<HttpReceiver<ReceivedSlackMessage>> {
  return startHttpReceiver<ReceivedSlackMessage>({
    what: 'Slack message',
    path: `/services/T00000000/B00000000/${SLACK_URL_CANARY}`,
    port: options.port,
    read: (request) => ({ ...request, fault: slackFault(request.json) }),
    own: ({ fault }) =>
      fault ? { status: 400, headers: TEXT, body: fault.code } : { status: 200, headers: TEXT, body: 'ok' },
  });
}

const TEXT = { 'content-type': 'text/html' };
