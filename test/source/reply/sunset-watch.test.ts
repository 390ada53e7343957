import { describe, expect, it } from 'vitest';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { AUTH, createOauthWorld, json, ORIGIN } from '../login/oauth-world.ts';
import { aConnection, get } from '../support.ts';

const DEPRECATED = { Deprecation: 'Wed, 10 Dec 2025 00:00:00 GMT' };
const ENDING = { ...DEPRECATED, Sunset: 'Thu, 15 Jan 2026 00:00:00 GMT' };
const GROUP = '/api/atlas/v1.0/groups/64b0c1d2e3f4a5b6c7d8e9f0';
const JOBS = `${GROUP}/serverless/orders/backup/restoreJobs`;
const ENDPOINT = '/api/atlas/v1.0/groups/{groupId}/serverless/{name}/backup/restoreJobs';

function aWorld() {
  const oauth = createOauthWorld();
  const logger = createRecordingLogger();
  const notices: unknown[] = [];
  const connection = aConnection(ORIGIN, {
    auth: AUTH,
    fetch: oauth.fetch,
    logger,
    onSunset: (notice) => notices.push(notice),
  });
  return {
    notices,
    warnings: () => logger.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields),
    read: (path: string, headers: Record<string, string>, status = 200) => {
      oauth.onRead = () => json(status, {}, headers);
      return get(connection, undefined, path).catch(() => {});
    },
  };
}

describe('an API that is going to end', () => {
  it('is warned of once, and not for each job or instance', async () => {
    const { read, warnings, notices } = aWorld();
    await read(`${JOBS}?pageNum=1`, ENDING);
    await read(`${JOBS}/60800a1b2c3d4e5f60718293`, ENDING);
    await read(JOBS.replace('orders', 'customers'), ENDING);
    expect(warnings()).toEqual([
      { connection: 'atlas', endpoint: ENDPOINT, deprecated: '2025-12-10', sunset: '2026-01-15' },
    ]);
    expect(notices).toEqual([
      { connection: 'atlas', endpoint: ENDPOINT, sunsetAt: Date.parse('2026-01-15T00:00:00Z') },
    ]);
  });

  it('is warned of again for another endpoint, and when the day is moved', async () => {
    const { read, warnings, notices } = aWorld();
    await read(JOBS, ENDING);
    await read(`${GROUP}/serverless`, ENDING);
    await read(JOBS, { ...ENDING, Sunset: 'Thu, 22 Jan 2026 00:00:00 GMT' });
    expect(warnings().map(({ sunset }) => sunset)).toEqual(['2026-01-15', '2026-01-15', '2026-01-22']);
    expect(notices).toHaveLength(3);
  });

  it('is told of by refusals too', async () => {
    const { read, warnings } = aWorld();
    await read(JOBS, ENDING, 410);
    expect(warnings()).toHaveLength(1);
  });

  it('may have no day yet', async () => {
    const { read, warnings, notices } = aWorld();
    await read(JOBS, DEPRECATED);
    await read(JOBS, DEPRECATED);
    expect(warnings()).toMatchObject([{ deprecated: '2025-12-10', sunset: undefined }]);
    expect(notices).toEqual([]);
  });

  it.each<[string, Record<string, string>, string | undefined, string | undefined]>([
    ['the second of an epoch', { Deprecation: '@1767225600' }, '2026-01-01', undefined],
    ['a yes', { Deprecation: 'true' }, undefined, undefined],
    ['a structured yes', { Deprecation: '?1' }, undefined, undefined],
    ['a yes that came twice', { Deprecation: 'true, true' }, undefined, undefined],
    [
      'a yes, and a day that came twice',
      { Deprecation: 'true', Sunset: `${ENDING.Sunset}, ${ENDING.Sunset}` },
      undefined,
      '2026-01-15',
    ],
    ['a yes beside a day', { Deprecation: 'true, @1767225600' }, '2026-01-01', undefined],
    ['a day with parameters', { Deprecation: '@1767225600;by="a"' }, '2026-01-01', undefined],
    ['a day beside nonsense', { Sunset: `soon, ${ENDING.Sunset}` }, undefined, '2026-01-15'],
    [
      'two days, of which the first one counts',
      { Sunset: `Thu, 22 Jan 2026 00:00:00 GMT, ${ENDING.Sunset}` },
      undefined,
      '2026-01-15',
    ],
  ])('may say so in other words: %s', async (_name, headers, deprecated, sunset) => {
    const { read, warnings } = aWorld();
    await read(JOBS, headers);
    await read(JOBS, headers);
    expect(warnings()).toEqual([{ connection: 'atlas', endpoint: ENDPOINT, deprecated, sunset }]);
  });

  it.each(['?0', 'false', '0', '2026', 'Thu, 01 Jan 1970 00:00:00 GMT', 'Fri, 31 Dec 9999 23:59:59 GMT'])(
    'is not one of which the headers say %s',
    async (word) => {
      const { read, warnings } = aWorld();
      await read(JOBS, { Deprecation: word, Sunset: word });
      expect(warnings()).toEqual([]);
    },
  );

  it('is not one whose headers make no sense', async () => {
    const { read, warnings } = aWorld();
    await read(JOBS, { Sunset: 'soon', Deprecation: '' });
    await read(JOBS, {});
    expect(warnings()).toEqual([]);
  });
});
