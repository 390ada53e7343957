import { describe, expect, it } from 'vitest';
import { imageOf, readImage } from '../../scripts/benchmark/program/image.ts';

const DOCKERFILE = `FROM node AS build
ENV NODE_ENV=development
ENTRYPOINT ["sh"]
FROM node
# ENV NOT=this
ENV NODE_ENV=production TZ=UTC \\
    CACHE=/app/dist/cache FLAGS="--one --two=/app/x"
HEALTHCHECK --interval=30s --retries=3 CMD ["node", "/app/dist/main.js", "healthcheck"]
ENTRYPOINT ["node", "--flag=1", "--max-old-space-size-percentage=50", "/app/dist/main.js"]
CMD ["run"]
`;

describe('how the benchmark runs the program', () => {
  it('is what the last stage of the Dockerfile says, in the checkout', () => {
    expect(imageOf(DOCKERFILE, '/checkout')).toEqual({
      entrypoint: [process.execPath, '--flag=1', '--max-old-space-size=256', '/checkout/dist/main.js'],
      healthcheck: [process.execPath, '/checkout/dist/main.js', 'healthcheck'],
      env: {
        NODE_ENV: 'production',
        TZ: 'UTC',
        CACHE: '/checkout/dist/cache',
        FLAGS: '--one --two=/checkout/x',
      },
    });
  });

  it('is found in the Dockerfile of this checkout', () => {
    const { entrypoint, healthcheck, env } = readImage();
    expect(entrypoint[0]).toBe(process.execPath);
    expect(healthcheck.length).toBeGreaterThan(1);
    expect(env).toMatchObject({ NODE_ENV: 'production', TZ: 'UTC' });
  });

  it('is refused where the Dockerfile does not say it', () => {
    expect(() => imageOf('FROM node\nENTRYPOINT node main.js\n', '/')).toThrow(/ENTRYPOINT/);
  });
});
