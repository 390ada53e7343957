import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('the image', () => {
  it('is built on one that is named by its digest, of the version that development has', () => {
    const { node } = (JSON.parse(read('package.json')) as { devDependencies: { node: string } })
      .devDependencies;
    const base = /^ARG NODE_IMAGE=(\S+)$/m.exec(read('Dockerfile'))?.[1];
    expect(base).toMatch(new RegExp(`^node:${RegExp.escape(node)}-[a-z-]+@sha256:[0-9a-f]{64}$`));
    expect(read('Dockerfile')).not.toMatch(/^FROM (?!\$\{NODE_IMAGE\})/m);
  });
});

describe('the Kubernetes manifest', () => {
  const manifest = read('config/deploy/kubernetes.yaml');

  it('names the image by its digest', () => {
    expect(manifest.match(/^ +image: .*$/gm)).toEqual([expect.stringMatching(/@sha256:[0-9a-f]{64}$/)]);
  });

  it('gives the pod no token of a service account', () => {
    expect(manifest).toContain('\n      automountServiceAccountToken: false\n');
  });

  it('has a probe for the start, for life and for readiness', () => {
    const probes = manifest.matchAll(/^ +(\w+Probe):\n +httpGet: \{ path: (\S+),/gm);
    expect([...probes].map(([, name, path]) => `${name} ${path}`)).toEqual([
      'startupProbe /healthz',
      'livenessProbe /healthz',
      'readinessProbe /readyz',
    ]);
  });

  it('mounts the configuration as a directory, so that a reload sees a new one', () => {
    expect(manifest).not.toContain('subPath');
    expect(manifest).toContain("args: ['run', '--config', '/app/config/watcher.config.json']");
    expect(manifest).toContain('mountPath: /app/config, readOnly');
  });
});
