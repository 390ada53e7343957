import { expect, it } from 'vitest';
import { publicUrlLeadsSomewhere } from '../../src/config/rules/addresses.ts';

async function foundIn(publicUrl: string): Promise<{ fault: string | null; warning: string | null }> {
  const faults: string[] = [];
  const warnings: string[] = [];
  const context = {
    config: { server: { publicUrl } },
    fault: (_path: unknown, message: string) => faults.push(message),
    warn: (_path: unknown, message: string) => warnings.push(message),
    found: () => JSON.stringify(publicUrl),
  };
  await publicUrlLeadsSomewhere(context as never);
  return { fault: faults[0] ?? null, warning: warnings[0] ?? null };
}

it.each(['', 'https://restores.example.com', 'http://watcher.internal:8080/'])(
  'takes %j as the address of the page',
  async (url) => {
    expect(await foundIn(url)).toEqual({ fault: null, warning: null });
  },
);

it('takes one with a path, and says that the page leads on to the root of its host', async () => {
  expect(await foundIn('https://ops.example.com/restores/')).toEqual({
    fault: null,
    warning: 'has a path, and the page leads on to the root of its host: give the page a name of its own',
  });
});

it.each([
  ['restores.example.com', 'it is not an address'],
  ['ftp://restores.example.com', 'neither with https:// nor with http://'],
  ['https://ann:secret@restores.example.com', 'user and password do not belong in it'],
  ['https://restores.example.com/?a=b', 'a "?" or "#" does not belong in it'],
  [`https://restores.example.com/${'x'.repeat(200)}`, 'it is longer than 200 characters'],
])('refuses %j', async (url, why) => {
  expect((await foundIn(url)).fault).toContain(why);
});
