import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { aConfigFile, load } from '../config/config-file.ts';

const { cache } = createRequire(import.meta.url);
const isLoaded = () => Object.keys(cache).some((file) => file.includes('/liquidjs/'));

it('keeps the template library out of memory until a channel has a template', async () => {
  const channel = { name: 'oncall', type: 'slack', url: 'https://hooks.slack.com/services/T0/B0/x' };
  await load(aConfigFile({ channels: [channel], routes: undefined }));
  expect(isLoaded()).toBe(false);
  await load(aConfigFile({ channels: [{ ...channel, template: { title: 'x' } }], routes: undefined }));
  expect(isLoaded()).toBe(true);
});
