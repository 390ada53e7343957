export { startWebhookReceiver } from './webhook-receiver.ts';
