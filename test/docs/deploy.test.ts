import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readImage } from '../../scripts/benchmark/program/image.ts';
import { DEPLOY, loaded, read, yaml } from './deployment.ts';

const dockerfile = read('Dockerfile');
const inImage = (name: string): string | undefined => new RegExp(`\\b${name}=(\\S+)`).exec(dockerfile)?.[1];

describe('the image', () => {
  it('is built on one that is named by its digest, of the version that development has', () => {
    const { node } = JSON.parse(read('package.json')).devDependencies;
    const base = /^ARG NODE_IMAGE=(\S+)$/m.exec(dockerfile)?.[1];
    expect(base).toMatch(new RegExp(`^node:${RegExp.escape(node)}-[a-z-]+@sha256:[0-9a-f]{64}$`));
    expect(dockerfile).not.toMatch(/^FROM (?!\$\{NODE_IMAGE\})/m);
  });

  it('has the command in the PATH, and finds its configuration in the folder that is mounted', () => {
    expect(dockerfile).toContain('ln -s /app/dist/main.js /usr/local/bin/restore-watcher');
    expect(inImage('RESTORE_WATCHER_CONFIG')).toBe('/app/config/watcher.config.json');
  });
});

describe('the Kubernetes base', () => {
  const pod = yaml('kubernetes/deployment.yaml').spec.template.spec;
  const [container] = pod.containers;
  const labels = yaml('kubernetes/deployment.yaml').spec.template.metadata.labels;
  const kustomization = yaml('kubernetes/kustomization.yaml');

  it('takes in every file that lies there, but for what needs an operator', () => {
    const files = readdirSync(join(DEPLOY, 'kubernetes')).filter((file) => file.endsWith('.yaml'));
    expect([...kustomization.resources, 'kustomization.yaml', 'pod-monitor.yaml'].toSorted()).toEqual(
      files.toSorted(),
    );
  });

  it('names the image by its digest', () => {
    expect(kustomization.images).toEqual([
      expect.objectContaining({
        name: container.image,
        digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      }),
    ]);
  });

  it('runs without rights: what the restricted standard for pods asks, and no token of a service account', () => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('has a probe for the start, for life and for readiness', () => {
    const probes = ['startupProbe', 'livenessProbe', 'readinessProbe'].map((name) => container[name].httpGet);
    expect(probes).toEqual([
      { path: '/healthz', port: 'http' },
      { path: '/healthz', port: 'http' },
      { path: '/readyz', port: 'http' },
    ]);
  });

  it('mounts configuration and secrets as folders, so that a reload sees new ones', () => {
    const paths = container.volumeMounts.map(({ mountPath, subPath }: Record<string, string>) => [
      mountPath,
      subPath,
    ]);
    expect(paths).toEqual([
      ['/app/config', undefined],
      ['/run/secrets', undefined],
      ['/app/data', undefined],
      ['/tmp', undefined],
    ]);
    expect(kustomization.generatorOptions.disableNameSuffixHash).toBe(true);
  });

  it('loads its configuration, listens where it is asked, and names every secret that it reads', async () => {
    const { config, secrets } = await loaded(join(DEPLOY, 'kubernetes/configuration/watcher.config.json'));
    expect(config.server).toMatchObject({ host: '0.0.0.0', port: container.ports[0].containerPort });
    const text = read(join(DEPLOY, 'kubernetes/kustomization.yaml'));
    expect([...text.matchAll(/--from-file=(\S+)/g)].map(([, name]) => name).toSorted()).toEqual(
      secrets.toSorted(),
    );
    const { key } = yaml('kubernetes/pod-monitor.yaml').spec.podMetricsEndpoints[0].authorization.credentials;
    expect(secrets).toContain(key);
    // Who only reads shows the token that may do no more.
    expect(config.server.viewToken).toContain(key);
    expect(config.server.token).not.toContain(key);
  });

  it('finds the pod by its label from everywhere', () => {
    expect(yaml('kubernetes/service.yaml').spec.selector).toEqual(labels);
    expect(yaml('kubernetes/network-policy.yaml').spec.podSelector.matchLabels).toEqual(labels);
    expect(yaml('kubernetes/pod-monitor.yaml').spec.selector.matchLabels).toEqual(labels);
  });

  it('is scraped as the job that the alert about a watcher that is down names', () => {
    const job = labels[yaml('kubernetes/pod-monitor.yaml').spec.jobLabel];
    const rules = readFileSync('config/prometheus/rules.yaml', 'utf8');
    expect(rules).toContain(`up{job="${job}"} == 0 or absent(up{job="${job}"})`);
  });

  it('lets out what the channels need', () => {
    const ports = yaml('kubernetes/network-policy.yaml').spec.egress.flatMap(
      (rule: { ports: Array<{ port: number }> }) => rule.ports.map(({ port }) => port),
    );
    expect(new Set(ports)).toEqual(new Set([53, 443, 465, 587]));
  });
});

describe('the compose file', () => {
  const service = yaml('compose/compose.yaml').services['restore-watcher'];

  it.each(['compose/compose.yaml', 'compose-replicas/compose.yaml'])(
    '%s has a reload asked for inside: what Docker has sent a signal it takes for stopped on purpose',
    (file) => {
      const text = read(join(DEPLOY, file));
      expect(text).toMatch(/docker compose exec [\w-]+ sh -c 'kill -HUP 1'/);
      expect(text).not.toMatch(/docker (compose )?kill -/);
      expect(text).toContain('restart: unless-stopped');
    },
  );

  it('mounts configuration and secrets as folders, on a root that cannot be written to', () => {
    expect(service.read_only).toBe(true);
    expect(service.volumes).toEqual([
      './configuration:/app/config:ro',
      './secrets:/run/secrets:ro',
      'data:/app/data',
    ]);
    // Compose cannot give secrets from the environment to a container with such a root.
    expect(service.secrets).toBeUndefined();
  });

  it('is reached on this machine alone, at the port that the configuration names', async () => {
    const { config, secrets } = await loaded(join(DEPLOY, 'compose/configuration/watcher.config.json'));
    expect(service.ports).toEqual([`127.0.0.1:\${PORT:-8080}:${config.server.port}`]);
    for (const secret of secrets) expect(read(join(DEPLOY, 'compose/compose.yaml'))).toContain(secret);
    const variables = [...read(join(DEPLOY, 'compose/compose.yaml')).matchAll(/\$\{(\w+)/g)].map(
      ([, name]) => name,
    );
    for (const name of variables) expect(read(join(DEPLOY, 'compose/.env.example'))).toContain(`${name}=`);
  });
});

describe('the systemd unit', () => {
  const unit = read(join(DEPLOY, 'systemd/restore-watcher.service'));

  it('runs the daemon with the flags and the memory of the image', () => {
    const start = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? '';
    const young = readImage().entrypoint.find((flag) => flag.startsWith('--max-semi-space-size'));
    expect(start).toContain(` ${young} `);
    expect(unit).toContain(`MALLOC_ARENA_MAX=${inImage('MALLOC_ARENA_MAX')}`);
    expect(unit).toContain(`MALLOC_TRIM_THRESHOLD_=${inImage('MALLOC_TRIM_THRESHOLD_')}`);
    expect(unit).toContain(`MALLOC_MMAP_THRESHOLD_=${inImage('MALLOC_MMAP_THRESHOLD_')}`);
  });

  it('does not start again what cannot be used, and has its secrets handed over', () => {
    expect(unit).toContain('RestartPreventExitStatus=2');
    expect([...unit.matchAll(/^LoadCredential=([^:]+):\/etc\/restore-watcher\/secrets\/\1$/gm)]).toHaveLength(
      3,
    );
  });

  it.skipIf(!existsSync('/usr/bin/systemd-analyze'))('is one that systemd understands', async () => {
    const { stderr } = await promisify(execFile)('systemd-analyze', [
      'verify',
      '--man=no',
      join(DEPLOY, 'systemd/restore-watcher.service'),
    ]);
    expect(stderr).not.toContain('restore-watcher.service');
  });
});
