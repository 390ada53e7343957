import { resolve } from 'node:path';
import { type InputOptions, type OutputChunk, type OutputOptions, type Plugin, rolldown } from 'rolldown';
import { copyPageAssets } from './page-assets.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** What `main.js` loads for everything but the little that it does alone. */
const WHOLE = { from: './app/composition.ts', to: './program/composition.js' };

/** One file of the bundled program. */
export interface BundledFile {
  /** Its path in the folder. */
  name: string;
  /** How many bytes it has: all of them are ASCII. */
  bytes: number;
  /** The files and packages that it loads at once. */
  imports: string[];
  /** The paths of what it was made of. */
  modules: string[];
}

/**
 * Makes the program of the image and the package: `main.js`, and in `program/` all else, most of it in one file and what few need in
 * files of their own. Beside it lies what the page loads. It wants nothing but Node.
 */
export async function bundleProgram(folder: string): Promise<BundledFile[]> {
  // Apart, because within one bundle `main.js` would load the largest file at once: the bundler keeps its own helpers in there.
  const main = await bundle(
    { input: 'src/main.ts', plugins: [plainRequires, leaveWhole] },
    { dir: folder, codeSplitting: false, plugins: [sayCommonJs] },
  );
  const whole = await bundle(
    { input: 'src/app/composition.ts', plugins: [plainRequires, noHttp2] },
    { dir: `${folder}/program`, chunkFileNames: '[name].js' },
  );
  return [
    ...main.map((file) => bundledFile(file, '')),
    ...whole.map((file) => bundledFile(file, 'program/')),
    ...copyPageAssets(folder),
  ];
}

async function bundle(input: InputOptions, output: OutputOptions): Promise<OutputChunk[]> {
  const made = await rolldown({
    cwd: ROOT,
    platform: 'node',
    // An optional import of digest-fetch, which the built-in fetch makes needless.
    external: ['node-fetch'],
    // The other entry of jsonc-parser loads its parts by names that a bundler cannot see.
    resolve: { mainFields: ['module', 'main'] },
    ...input,
  });
  const written = await made.write({
    // Not modules: importing `node:http` from a module loads all it can give, the whole of fetch among it (13 MB and 60 ms).
    format: 'cjs',
    dynamicImportInCjs: false,
    // Text that is not all ASCII takes twice the memory. Lines stay as they are: they stand in the stack of an unexpected error.
    charset: 'ascii',
    comments: false,
    entryFileNames: '[name].js',
    ...output,
  });
  await made.close();
  return written.output.filter((file) => file.type === 'chunk');
}

function bundledFile({ fileName, code, imports, moduleIds }: OutputChunk, folder: string): BundledFile {
  return { name: `${folder}${fileName}`, bytes: Buffer.byteLength(code), imports, modules: moduleIds };
}

/** A dependency hides its `require` from bundlers in `eval`, which would also keep everything around it from being optimised. */
const plainRequires: Plugin = {
  name: 'plain-requires',
  transform: {
    filter: { code: /\beval\("require\(/ },
    handler: (code) => code.replaceAll(/\beval\("(require\('[a-z]+'\)(?:\.Buffer)?)"\)/g, '$1'),
  },
};

/**
 * The adapter of the status server asks of each request whether it came over HTTP/2, which that server does not speak. Node's own
 * module takes 10 ms and 1.2 MB to say so.
 */
const noHttp2: Plugin = {
  name: 'no-http2',
  resolveId: (source) => (source === 'http2' || source === 'node:http2' ? 'no-http2' : null),
  load: {
    filter: { id: /^no-http2$/ },
    handler: () =>
      'export class Http2ServerRequest {}\nexport class Http2ServerResponse {}\nexport const constants = {};\n',
  },
};

const leaveWhole: Plugin = {
  name: 'leave-whole',
  resolveId: (source) => (source === WHOLE.from ? { id: WHOLE.to, external: true } : null),
};

/** Beside a package.json that says otherwise. */
const sayCommonJs: Plugin = {
  name: 'say-commonjs',
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: 'package.json', source: '{ "type": "commonjs" }\n' });
  },
};
