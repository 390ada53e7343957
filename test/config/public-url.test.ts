import { expect, it } from 'vitest';
import { publicUrlLeadsSomewhere } from '../../src/config/rules/addresses.ts';

async function faultOf(publicUrl: string): Promise<string | null> {
  const faults: string[] = [];
  const context = {
    config: { server: { publicUrl } },
    fault: (_path: unknown, message: string) => faults.push(message),
    found: () => JSON.stringify(publicUrl),
  };
  await publicUrlLeadsSomewhere(context as never);
  return faults[0] ?? null;
}

it.each([
  '',
  'https://restores.example.com',
  'http://watcher.internal:8080/',
  'https://ops.example.com/restores/',
])('takes %j as the address of the page', async (url) => {
  expect(await faultOf(url)).toBeNull();
});

it.each([
  ['restores.example.com', 'it is not an address'],
  ['ftp://restores.example.com', 'neither with https:// nor with http://'],
  ['https://ann:secret@restores.example.com', 'user and password do not belong in it'],
  ['https://restores.example.com/?a=b', 'a "?" or "#" does not belong in it'],
  [`https://restores.example.com/${'x'.repeat(200)}`, 'it is longer than 200 characters'],
])('refuses %j', async (url, why) => {
  expect(await faultOf(url)).toContain(why);
});
