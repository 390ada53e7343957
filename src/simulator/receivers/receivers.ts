export { startSlackReceiver } from './slack-receiver.ts';
export { startSmtpSink } from './smtp-sink.ts';
export { startWebhookReceiver } from './webhook-receiver.ts';
