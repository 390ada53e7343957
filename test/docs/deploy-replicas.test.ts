import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { DEPLOY, loaded, read, yaml } from './deployment.ts';

const KUBERNETES = join(DEPLOY, 'kubernetes-replicas');
const CONFIGURATION = 'configuration/watcher.config.json';
const kubectl = ['/usr/bin/kubectl', '/usr/local/bin/kubectl'].find((file) => existsSync(file));

describe('the replicas on Kubernetes', () => {
  const deployment = yaml('kubernetes-replicas/deployment.yaml').spec;
  const pod = deployment.template.spec;
  const kustomization = yaml('kubernetes-replicas/kustomization.yaml');
  const labels = yaml('kubernetes/deployment.yaml').spec.template.metadata.labels;

  it('are the base with what lies beside it, every file of which is taken in', () => {
    const files = readdirSync(KUBERNETES).filter((file) => file.endsWith('.yaml'));
    const patches = kustomization.patches.flatMap(({ path = [] }) => path);
    expect([...kustomization.resources, ...patches, 'kustomization.yaml'].toSorted()).toEqual(
      ['../kubernetes', ...files].toSorted(),
    );
  });

  it('are updated one after another, the new one before an old one, and no sooner than a lease can end', () => {
    expect(deployment).toMatchObject({
      replicas: 3,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      minReadySeconds: 15,
    });
  });

  it('are ready while they live: what is away for all of them takes none out, and stops no update', () => {
    expect(pod.containers[0].readinessProbe.httpGet.path).toBe('/healthz');
  });

  it('find the pods by their label, to spread them and to drain one at a time', () => {
    for (const { labelSelector, matchLabelKeys } of pod.topologySpreadConstraints) {
      expect(labelSelector.matchLabels).toEqual(labels);
      expect(matchLabelKeys).toEqual(['pod-template-hash']);
    }
    expect(yaml('kubernetes-replicas/disruption-budget.yaml').spec).toEqual({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: labels },
    });
  });

  it('load their configuration, the one of the base with PostgreSQL, and name every secret that it reads', async () => {
    const base = JSON.parse(read(join(DEPLOY, 'kubernetes', CONFIGURATION)));
    const { store, ...others } = JSON.parse(read(join(KUBERNETES, CONFIGURATION)));
    expect(others).toEqual(base);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of the configuration.
    const url = '${file:/run/secrets/database-url}';
    expect(store).toEqual({ url, caFile: '/run/secrets/database-ca' });
    const { secrets } = await loaded(join(KUBERNETES, CONFIGURATION));
    const text = read(join(KUBERNETES, 'kustomization.yaml'));
    expect([...text.matchAll(/--from-file=(\S+)/g)].map(([, name]) => name).toSorted()).toEqual(
      secrets.toSorted(),
    );
  });

  it('have a job that moves the store of the base into PostgreSQL, with its rights, its disk and its memory', () => {
    const moving = yaml('kubernetes-replicas/move/job.yaml').spec.template;
    const base = yaml('kubernetes/deployment.yaml').spec.template.spec;
    const [mover] = moving.spec.containers;
    expect(moving.spec.securityContext).toEqual(base.securityContext);
    expect(moving.spec.volumes).toEqual(base.volumes);
    expect(mover.securityContext).toEqual(base.containers[0].securityContext);
    expect(mover.volumeMounts).toEqual(base.containers[0].volumeMounts);
    // Where only the pods of the daemon may get out, it is none of them.
    expect(moving.metadata.labels).not.toEqual(labels);
    const { url, caFile } = JSON.parse(read(join(KUBERNETES, CONFIGURATION))).store;
    expect(mover.args).toEqual(['store', 'migrate', '--to', url, '--ca-file', caFile]);
  });

  it.skipIf(kubectl === undefined)(
    'come out of kustomize whole, and without a disk of their own',
    async () => {
      const { stdout } = await promisify(execFile)(kubectl ?? '', ['kustomize', KUBERNETES]);
      const made = parseAllDocuments(stdout).map((document) => document.toJS());
      const only = (kind: string) => made.filter((one) => one.kind === kind);
      const kinds = ['ConfigMap', 'Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'Service'];
      expect(made.map(({ kind }) => kind).toSorted()).toEqual(kinds);
      const [{ spec }] = only('Deployment');
      const volumes = spec.template.spec.volumes.map(({ name, ...source }: { name: string }) => [
        name,
        Object.keys(source)[0],
      ]);
      expect(Object.fromEntries(volumes)).toEqual({
        config: 'configMap',
        secrets: 'secret',
        data: 'emptyDir',
        tmp: 'emptyDir',
      });
      // The pods are replaced when the configuration is another one: its name goes by what is in it.
      const [{ metadata, data }] = only('ConfigMap');
      expect(metadata.name).toMatch(/^restore-watcher-replicas-\w{10}$/);
      expect(JSON.stringify(spec.template.spec.volumes)).toContain(metadata.name);
      expect(data['watcher.config.json']).toBe(read(join(KUBERNETES, CONFIGURATION)));
      expect(spec.template.spec.containers[0].image).toMatch(/@sha256:[0-9a-f]{64}$/);
      const ports = only('NetworkPolicy')[0].spec.egress.flatMap((rule: { ports: Array<{ port: number }> }) =>
        rule.ports.map(({ port }) => port),
      );
      expect(new Set(ports)).toEqual(new Set([53, 443, 465, 587, 5432]));
    },
  );
});

describe('the compose file of replicas', () => {
  const text = read(join(DEPLOY, 'compose-replicas/compose.yaml'));
  const { services } = yaml('compose-replicas/compose.yaml');
  const alone = yaml('compose/compose.yaml').services['restore-watcher'];
  const replicas = ['watcher-1', 'watcher-2'];

  it('runs each replica as the one that is alone, but for its name, its port and its folder', () => {
    for (const [index, name] of replicas.entries()) {
      const { '<<': shared, hostname, ports, volumes, depends_on, ...others } = services[name];
      const { ports: _, volumes: __, ...expected } = alone;
      expect({ ...shared, ...others, depends_on: undefined }).toEqual({ ...expected, depends_on: undefined });
      expect(shared.depends_on).toEqual({ database: { condition: 'service_healthy' } });
      expect(hostname).toBe(name);
      expect(ports).toEqual([`127.0.0.1:\${PORT_${index + 1}:-${8080 + index}}:8080`]);
      expect(volumes).toEqual([...alone.volumes.slice(0, 2), `data-${index + 1}:/app/data`]);
      expect(depends_on).toBeUndefined();
    }
  });

  it('names PostgreSQL by its version, and gives the watcher a user of its own', () => {
    expect(services.database.image).toMatch(/:-postgres:\d+\.\d+\}$/);
    expect(services.database.volumes).toContain('./database:/docker-entrypoint-initdb.d:ro');
    const script = read(join(DEPLOY, 'compose-replicas/database/watcher.sh'));
    expect(script).toContain('create database watcher owner watcher;');
    const [, url = ''] = /echo "(postgres:.*)" >/.exec(text.replace(/\$\(cat [^)]*\)/, 'pw')) ?? [];
    expect(new URL(url)).toMatchObject({ username: 'watcher', hostname: 'database', pathname: '/watcher' });
  });

  it('names every secret that is read, and every variable that may be set', async () => {
    const { secrets } = await loaded(join(DEPLOY, 'compose-replicas/configuration/watcher.config.json'));
    for (const secret of secrets) expect(text).toContain(secret);
    const example = read(join(DEPLOY, 'compose-replicas/.env.example'));
    for (const [, name] of text.matchAll(/\$\{(\w+):-/g)) expect(example).toContain(`${name}=`);
    for (const kept of ['secrets/', 'database-secrets/', '.env'])
      expect(read('.gitignore')).toContain(`config/deploy/compose-replicas/${kept}\n`);
  });
});
