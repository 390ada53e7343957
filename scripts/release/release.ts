import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { releaseChangelog } from './changelog.ts';
import { bomOf } from './sbom.ts';
import { faultOfVersion } from './version.ts';

/** What makes a release refuse: nothing has been changed then. */
export class ReleaseRefused extends Error {}

export interface ReleaseOptions {
  /** The root of the checkout. */
  root: string;
  /** As it was typed. */
  version: string | undefined;
  /** Checks everything and says what would be done, and does nothing. */
  dryRun: boolean;
  /** Leaves the tests out: CI has run them on this very commit. */
  tested: boolean;
  /** The day of the release, `2026-11-29`. */
  date: string;
  say: (line: string) => void;
}

/**
 * Makes a release of what is committed: version and changelog, one commit, one tag; the tarball, its checksum and the list of what it is
 * made of (CycloneDX) in `release/`. It publishes and pushes nothing: it prints the commands that do.
 * @throws ReleaseRefused with what to do, before anything is changed.
 */
export function release({ root, version, dryRun, tested, date, say }: ReleaseOptions): void {
  const run = (command: string, args: string[], show = false): string =>
    execFileSync(command, args, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', show ? 'inherit' : 'pipe', 'inherit'],
    }) ?? '';
  const present = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string })
    .version;
  const isTagged = run('git', ['tag', '--list', `v${version}`]).trim() !== '';
  const fault = faultOfVersion(version, present, isTagged);
  if (fault !== null || version === undefined) throw new ReleaseRefused(fault ?? '');
  const uncommitted = run('git', ['status', '--porcelain']).trim();
  if (uncommitted !== '') throw new ReleaseRefused(`commit or put away first:\n${uncommitted}`);
  const changelog = changelogOf(root, version, date);

  say(`restore-watcher ${version} (${date}), after ${present}:\n\n${changelog.notes}\n`);
  if (dryRun) {
    say('Nothing was changed: --dry-run.');
    return;
  }
  if (!tested) run('npm', ['test'], true);

  try {
    if (version !== present) run('npm', ['version', version, '--no-git-tag-version', '--ignore-scripts']);
    writeFileSync(join(root, 'CHANGELOG.md'), changelog.text);
    makeFiles(root, version, run);
  } catch (error) {
    // All was committed before, so that nothing but this is undone. There is no commit and no tag yet.
    run('git', ['checkout', '--quiet', '--', '.']);
    throw error;
  }
  run('git', ['commit', '--quiet', '--all', '--message', `release: ${version}`]);
  run('git', [
    'tag',
    '--annotate',
    `v${version}`,
    '--message',
    `restore-watcher ${version}\n\n${changelog.notes}`,
  ]);
  for (const line of whatIsLeft(version, run('git', ['rev-parse', 'HEAD']).trim())) say(line);
}

function changelogOf(root: string, version: string, date: string): ReturnType<typeof releaseChangelog> {
  try {
    return releaseChangelog(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version, date);
  } catch (error) {
    throw new ReleaseRefused(error instanceof Error ? error.message : String(error));
  }
}

function namesOf(version: string): { tarball: string; sbom: string } {
  const name = `atlas-restore-watcher-${version}`;
  return { tarball: `${name}.tgz`, sbom: `${name}.cdx.json` };
}

/** Puts what people take into `release/`. */
function makeFiles(root: string, version: string, run: (command: string, args: string[]) => string): void {
  const folder = join(root, 'release');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const { tarball, sbom } = namesOf(version);
  run('npm', ['pack', '--silent', '--pack-destination', folder]);
  writeFileSync(join(folder, sbom), bomOf(root));
  const sum = (file: string): string =>
    `${createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex')}  ${file}`;
  writeFileSync(join(folder, 'SHA256SUMS'), `${sum(tarball)}\n${sum(sbom)}\n`);
}

function whatIsLeft(version: string, commit: string): string[] {
  const { tarball, sbom } = namesOf(version);
  const labels = [
    `org.opencontainers.image.version=${version}`,
    `org.opencontainers.image.revision=${commit}`,
  ];
  return [
    `release/ holds ${tarball}, ${sbom} and SHA256SUMS. What is left to do:`,
    `  git push --follow-tags`,
    `  npm publish release/${tarball}`,
    `  docker build ${labels.map((label) => `--label ${label}`).join(' ')} -t restore-watcher:${version} .`,
  ];
}
