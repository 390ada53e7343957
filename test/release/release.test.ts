import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { packagesOf } from '../../scripts/build/notices.ts';
import { releaseChangelog } from '../../scripts/release/changelog.ts';
import { ReleaseRefused, release } from '../../scripts/release/release.ts';
import { faultOfVersion } from '../../scripts/release/version.ts';

const CHANGELOG =
  '# Changelog\n\n## Unreleased\n\n### Added\n\n- Something.\n\n## 0.1.0 (2026-10-01)\n\n- The first.\n';

describe('the changelog of a release', () => {
  it('names the version and the day, and begins anew above it', () => {
    const { text, notes } = releaseChangelog(CHANGELOG, '0.2.0', '2026-11-29');
    expect(notes).toBe('### Added\n\n- Something.');
    expect(text).toBe(
      '# Changelog\n\n## Unreleased\n\n## 0.2.0 (2026-11-29)\n\n### Added\n\n- Something.\n\n## 0.1.0 (2026-10-01)\n\n- The first.\n',
    );
    expect(() => releaseChangelog(text, '0.3.0', '2026-11-30')).toThrow(
      'names nothing under "## Unreleased"',
    );
  });

  it('is the first one as well', () => {
    const { text } = releaseChangelog(
      '# Changelog\n\n## Unreleased\n\n- All of it.\n',
      '0.1.0',
      '2026-11-29',
    );
    expect(text).toBe('# Changelog\n\n## Unreleased\n\n## 0.1.0 (2026-11-29)\n\n- All of it.\n');
  });
});

describe('the version of a release', () => {
  it.each([
    ['0.1.0', '0.1.0'],
    ['0.1.1', '0.1.0'],
    ['0.10.0', '0.9.9'],
    ['1.0.0-rc.1', '0.9.0'],
    ['1.0.0-rc.10', '1.0.0-rc.9'],
    ['1.0.0', '1.0.0-rc.10'],
  ])('%s may follow %s', (next, present) => {
    expect(faultOfVersion(next, present, false)).toBeNull();
  });

  it.each([
    [undefined, '0.1.0', false, 'name the version'],
    ['v1.0.0', '0.1.0', false, '"v1.0.0" is no version'],
    ['1.0', '0.1.0', false, '"1.0" is no version'],
    ['0.0.9', '0.1.0', false, '0.0.9 is not later than 0.1.0'],
    ['1.0.0-rc.1', '1.0.0', false, '1.0.0-rc.1 is not later than 1.0.0'],
    ['0.1.0', '0.1.0', true, 'v0.1.0 has been released already'],
  ])('%s after %s (tagged: %s) is refused', (next, present, isTagged, reason) => {
    expect(faultOfVersion(next, present, isTagged)).toContain(reason);
  });
});

describe('a release', () => {
  let root: string;
  let said: string[];
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const make = (version: string, more: { dryRun?: boolean } = {}): void =>
    release({
      root,
      version,
      dryRun: false,
      tested: true,
      date: '2026-11-29',
      say: (line) => said.push(line),
      ...more,
    });

  beforeEach(() => {
    said = [];
    root = mkdtempSync(join(tmpdir(), 'restore-watcher-release-'));
    cpSync('package-lock.json', join(root, 'package-lock.json'));
    // As ours, but for what packing calls: that is tried on the package itself.
    const { scripts: _, ...manifest } = JSON.parse(readFileSync('package.json', 'utf8'));
    writeFileSync(join(root, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    writeFileSync(join(root, 'CHANGELOG.md'), CHANGELOG);
    writeFileSync(join(root, '.gitignore'), 'release/\n');
    mkdirSync(join(root, 'dist'));
    writeFileSync(join(root, 'dist/main.js'), '');
    git('init', '--quiet');
    git('config', 'user.name', 'tester');
    git('config', 'user.email', 'tester@example.com');
    git('add', '.');
    git('commit', '--quiet', '--message', 'all of it');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('is one commit and one tag, a tarball, what it is made of, and their checksums', () => {
    make('0.2.0');
    expect(git('log', '--format=%s')).toBe('release: 0.2.0\nall of it');
    expect(git('tag', '--list', '--format=%(refname:short) %(contents:subject)')).toBe(
      'v0.2.0 restore-watcher 0.2.0',
    );
    expect(git('show', 'v0.2.0:package.json')).toContain('"version": "0.2.0"');
    expect(git('show', 'v0.2.0:CHANGELOG.md')).toContain('## 0.2.0 (2026-11-29)');
    expect(git('status', '--porcelain')).toBe('');
    expect(readdirSync(join(root, 'release'))).toEqual([
      'SHA256SUMS',
      'atlas-restore-watcher-0.2.0.cdx.json',
      'atlas-restore-watcher-0.2.0.tgz',
    ]);
    const sbom = JSON.parse(readFileSync(join(root, 'release/atlas-restore-watcher-0.2.0.cdx.json'), 'utf8'));
    expect(sbom.bomFormat).toBe('CycloneDX');
    expect(sbom.metadata.component).toMatchObject({ name: 'atlas-restore-watcher', version: '0.2.0' });
    const names = sbom.components.map(({ name }: { name: string }) => name);
    expect(names).toEqual(
      expect.arrayContaining(
        packagesOf(inject('bundledFiles').flatMap(({ modules }) => modules)).map(({ name }) => name),
      ),
    );
    expect(names).not.toContain('vitest');
    execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: join(root, 'release') });
    expect(said.join('\n')).toContain(
      `--label org.opencontainers.image.revision=${git('rev-parse', 'HEAD')}`,
    );
  });

  it('changes nothing when it is only asked what it would do', () => {
    make('0.2.0', { dryRun: true });
    expect(said.join('\n')).toContain('- Something.');
    expect(git('status', '--porcelain')).toBe('');
    expect(git('log', '--format=%s')).toBe('all of it');
  });

  it('that cannot be packed leaves no commit and no tag, and may be tried again', () => {
    const file = join(root, 'package.json');
    const sound = readFileSync(file, 'utf8');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(sound), scripts: { prepack: 'exit 1' } }));
    git('commit', '--quiet', '--all', '--message', 'what does not pack');
    expect(() => make('0.2.0')).toThrow();
    expect(git('log', '-1', '--format=%s')).toBe('what does not pack');
    expect(git('tag', '--list')).toBe('');
    expect(git('status', '--porcelain')).toBe('');
    writeFileSync(file, sound);
    git('commit', '--quiet', '--all', '--message', 'what does');
    make('0.2.0');
    expect(git('tag', '--list')).toBe('v0.2.0');
  });

  it('is refused while something is not committed', () => {
    writeFileSync(join(root, 'CHANGELOG.md'), `${CHANGELOG}\n`);
    expect(() => make('0.2.0')).toThrow(ReleaseRefused);
    expect(() => make('0.2.0')).toThrow('CHANGELOG.md');
  });
});
