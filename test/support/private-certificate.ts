import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PrivateCertificate {
  /** PEM, of nobody's authority but its own. */
  caFile: string;
  keyFile: string;
  remove(): void;
}

/** A certificate for these names (`IP:127.0.0.1`, `DNS:atlas.private`); `null`, with a warning, where openssl is not installed. */
export function makeCertificate(...names: string[]): PrivateCertificate | null {
  const folder = mkdtempSync(join(tmpdir(), 'private-ca-'));
  const [caFile, keyFile] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=private', '-addext', `subjectAltName=${names.join(',')}`];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync(
      'openssl',
      ['req', '-x509', ...key, '-days', '2', ...subject, '-keyout', keyFile, '-out', caFile],
      { stdio: 'ignore' },
    );
    return { caFile, keyFile, remove };
  } catch {
    console.warn('openssl is not installed: tests over TLS are skipped');
    remove();
    return null;
  }
}
