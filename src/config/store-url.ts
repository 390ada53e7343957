import { ConfigError } from '../errors.ts';
import { type InterpolationSources, interpolate } from './text/interpolate.ts';
import { readText } from './text/read-text.ts';

/**
 * Reads the URL of a store that somebody has written outside of a configuration, with the placeholders of one.
 * @throws {ConfigError} about the first that cannot be filled in.
 */
export async function readStoreUrl(
  written: string,
  { option, env }: { option: string; env: InterpolationSources['env'] },
): Promise<string> {
  const { value, faults } = await interpolate(written, { env, readFile: readText });
  const [fault] = faults;
  if (fault !== undefined) throw new ConfigError(option, [{ path: option, message: fault.message }]);
  return typeof value === 'string' ? value : written;
}
