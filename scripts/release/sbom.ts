import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Manifest {
  name: string;
  devDependencies?: unknown;
  scripts?: unknown;
}

/**
 * What the program is made of, as CycloneDX JSON: every package of the lock file that is not for development alone, with version, licence
 * and checksum. Made by `npm sbom`, in a folder that knows no development: with `--omit dev` npm leaves out what both need.
 */
export function bomOf(root: string): string {
  const outer = mkdtempSync(join(tmpdir(), 'restore-watcher-sbom-'));
  try {
    const text = readFileSync(join(root, 'package.json'), 'utf8');
    const { devDependencies: _, scripts: __, ...manifest } = JSON.parse(text) as Manifest;
    // By a lock file alone npm calls it after its folder.
    const folder = join(outer, manifest.name);
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    cpSync(join(root, 'package-lock.json'), join(folder, 'package-lock.json'));
    const npm = (...args: string[]): string =>
      execFileSync('npm', [...args, '--package-lock-only', '--ignore-scripts', '--loglevel', 'error'], {
        cwd: folder,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    npm('install', '--offline', '--no-audit', '--no-fund');
    return npm('sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application');
  } finally {
    rmSync(outer, { recursive: true });
  }
}
