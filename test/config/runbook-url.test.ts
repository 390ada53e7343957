import { expect, it } from 'vitest';
import { runbookUrlLeadsSomewhere } from '../../src/config/rules/addresses.ts';

async function faultOf(runbookUrl: string): Promise<string | null> {
  const faults: string[] = [];
  const context = {
    config: { server: { runbookUrl } },
    fault: (_path: unknown, message: string) => faults.push(message),
    found: () => JSON.stringify(runbookUrl),
  };
  await runbookUrlLeadsSomewhere(context as never);
  return faults[0] ?? null;
}

it.each(['', 'https://wiki.example.com/restores?page=7#on-call', 'http://wiki/restores'])(
  'takes %j as the address of a runbook',
  async (url) => {
    expect(await faultOf(url)).toBeNull();
  },
);

it.each([
  ['the wiki, page 7', 'it is not an address'],
  ['javascript:alert(1)', 'neither with https:// nor with http://'],
  ['https://ann:secret@wiki.example.com', 'user and password do not belong in it'],
])('refuses %j', async (url, why) => {
  expect(await faultOf(url)).toContain(why);
});
