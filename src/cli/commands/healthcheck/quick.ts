import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { DEFAULT_SERVER, isAddressCertain } from '../../../config/schema/default-server.ts';
import { interpolate } from '../../../config/text/interpolate.ts';
import { readJson } from '../../../config/text/json-text.ts';
import { readText } from '../../../config/text/read-text.ts';
import { isRecord } from '../../../domain/json-object.ts';
import { brokenProxy } from '../../../net/proxy-variables.ts';
import { configFile } from '../../config-file.ts';
import type { OutputStream } from '../../parts.ts';
import { createOutput, OutputClosed } from '../../view/output.ts';
import { ALIVE, askHealth, type HealthAnswer } from './ask.ts';

/** Wherever they stand: in doubt the text is read with care. */
const KEYS_READ = /"(?:server|host|port|token)"/g;

/** A port as a placeholder may give it. */
const PLAIN_PORT = /^[1-9]\d{0,4}$/;

type Environment = Readonly<Record<string, string | undefined>>;

/** What needs no second thought: a name, or an address without brackets. */
const PLAIN_HOST = /^[\w.:-]+$/;

/**
 * Asks the daemon as `healthcheck` does, with little loaded: a container does so twice a minute for as long as it lives. Of the
 * configuration it reads `server` alone. `null`: this is another command, or not as plain as that, and the whole program must look.
 */
export async function askQuickly(argv: readonly string[], env: Environment): Promise<HealthAnswer | null> {
  const file = configOf(argv, env);
  if (file === null || brokenProxy(env) !== undefined) return null;
  const server = await serverOf(file, env);
  return server && askHealth(server);
}

/** Says that the daemon is alive. `false`: that cannot be written, which the whole program has the words for. */
export async function sayAlive(stdout: OutputStream, env: Environment): Promise<boolean> {
  const out = createOutput(stdout, env);
  try {
    out.line(ALIVE);
    await out.flush();
    return true;
  } catch (thrown) {
    return thrown instanceof OutputClosed;
  }
}

/** The configuration of a command line that is `healthcheck`, perhaps with `--config`. */
function configOf(argv: readonly string[], env: Environment): string | null {
  const at = argv.indexOf('healthcheck');
  // Second, it is what an option before it names: `-c healthcheck jobs` is another command.
  if (at !== 0 && at !== 2) return null;
  const [option, value, ...more] = argv.toSpliced(at, 1);
  if (option === undefined) return configFile(undefined, env);
  const isPlain = /^(-c|--config)$/.test(option) && value !== undefined && /^[^-]/.test(value);
  return isPlain && more.length === 0 ? value : null;
}

async function serverOf(file: string, env: Environment): Promise<{ host: string; port: number } | null> {
  const text = textOf(file);
  const config = text === null ? null : (plainJson(text) ?? carefully(text));
  if (!isRecord(config)) return null;
  const { server = {} } = config;
  if (!isRecord(server)) return null;
  const { host = DEFAULT_SERVER.host, port = DEFAULT_SERVER.port, ...others } = server;
  if (!isAddressCertain(server, Object.keys(others))) return null;
  const sources = { env, readFile: readText };
  const [name, number] = [await interpolate(host, sources), await interpolate(port, sources)];
  const isPlain = typeof name.value === 'string' && PLAIN_HOST.test(name.value);
  if (name.faults.length > 0 || number.faults.length > 0 || !isPlain) return null;
  // A text is a port only where a placeholder stood for it.
  const isText = number.value !== port && PLAIN_PORT.test(String(number.value));
  const digits = isText ? Number(number.value) : number.value;
  const isPort = typeof digits === 'number' && Number.isInteger(digits) && digits > 0 && digits < 65_536;
  return isPort ? { host: String(name.value), port: digits } : null;
}

/** JSON as nearly all is written: without comments, and with none of the keys that are read here twice. `null`: it is not. */
function plainJson(text: string): unknown {
  const keys = text.match(KEYS_READ) ?? [];
  if (new Set(keys).size < keys.length || text.includes('\\u')) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function carefully(text: string): unknown {
  const reading = readJson(text);
  return reading.kind === 'value' && reading.duplicates.length === 0 ? reading.value : null;
}

function textOf(file: string): string | null {
  try {
    // What comes through a pipe comes once, and the whole program may have to read it.
    if (!statSync(file).isFile()) return null;
    const bytes = readFileSync(file);
    return isUtf8(bytes) ? bytes.toString('utf8') : null;
  } catch {
    return null;
  }
}
