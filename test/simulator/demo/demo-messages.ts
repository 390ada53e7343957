import { createTransport } from 'nodemailer';
import { Webhook } from 'standardwebhooks';
import { composeMail } from '../../../src/channels/email/message.ts';
import { slackMessage } from '../../../src/channels/slack/message.ts';
import { tellPlainly } from '../../../src/channels/teller.ts';
import { toCloudEvent } from '../../../src/domain/event/cloud-event.ts';
import type { EventName, WatcherEvent } from '../../../src/domain/event/event.ts';
import type { DemoStage } from '../../../src/simulator/demo/stage.ts';
import { aJob, anEvent } from '../../support/builders.ts';

/** An event about this job. */
export function eventAbout(jobId: string, name: EventName): WatcherEvent {
  return anEvent(name, { job: aJob([], { id: jobId }) });
}

/** Tells events to the receivers of the stage in the watcher's own words. */
export function tellers(stage: DemoStage) {
  return {
    slack: (...events: WatcherEvent[]) =>
      post(
        stage.slack.url,
        JSON.stringify(
          slackMessage(
            events.map((event) => tellPlainly(event)),
            { timeZone: null },
          ),
        ),
        {},
      ),
    mail: async (event: WatcherEvent) => {
      const context = { channel: 'dba', from: 'a@example.com', to: ['b@example.com'], timeZone: null };
      const transport = createTransport(stage.smtp.url);
      await transport.sendMail(composeMail(tellPlainly(event), context));
      transport.close();
    },
    webhook: (event: WatcherEvent) => {
      const body = JSON.stringify(toCloudEvent(event));
      const now = new Date();
      const signer = new Webhook(stage.credentials.webhookSecret);
      return post(stage.webhook.url, body, {
        'webhook-id': event.id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'webhook-signature': signer.sign(event.id, now, body),
      });
    },
  };
}

async function post(url: string, body: string, headers: Record<string, string>): Promise<number> {
  const { status } = await fetch(url, { method: 'POST', body, headers });
  return status;
}
