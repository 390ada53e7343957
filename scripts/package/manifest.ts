/** What of `package.json` goes into the package. */
export interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  scripts?: Record<string, string>;
  allowScripts?: Record<string, boolean>;
  [key: string]: unknown;
}

/**
 * The `package.json` of the package. The program carries all that it is made of, so whoever installs it fetches nothing else: neither the
 * dependencies nor the scripts that build it are named there.
 */
export function packagedManifest(manifest: Manifest): Manifest {
  const { dependencies: _, devDependencies: __, scripts: ___, allowScripts: ____, ...kept } = manifest;
  return kept;
}
