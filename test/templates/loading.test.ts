import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { aConfigFile, writeConfig } from '../config/config-file.ts';
import { childEnvironment } from '../support/child-environment.ts';

const run = promisify(execFile);

/** Loads the files one after the other in a process that has loaded nothing yet; says after each whether the library is there. */
async function isLoadedAfter(...files: string[]): Promise<boolean[]> {
  const script = `
    import { createRequire } from 'node:module';
    import { loadConfig } from ${JSON.stringify(import.meta.resolve('../../src/config/load.ts'))};
    const { cache } = createRequire(${JSON.stringify(import.meta.url)});
    const loaded = [];
    for (const file of ${JSON.stringify(files)}) {
      await loadConfig(file, { env: {} });
      loaded.push(Object.keys(cache).some((name) => name.includes('/liquidjs/')));
    }
    console.log(JSON.stringify(loaded));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
    env: childEnvironment(),
  });
  return JSON.parse(stdout);
}

it('keeps the template library out of memory until a channel has a template', async () => {
  const channel = { name: 'oncall', type: 'slack', url: 'https://hooks.slack.com/services/T0/B0/x' };
  const files = [channel, { ...channel, template: { title: 'x' } }].map((entry) =>
    writeConfig(JSON.stringify(aConfigFile({ channels: [entry], routes: undefined }))),
  );
  expect(await isLoadedAfter(...(await Promise.all(files)))).toEqual([false, true]);
});
