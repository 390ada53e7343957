import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Command } from 'commander';
import { toError } from '../../errors.ts';
import { type Cli, type CommonOptions, onAction } from '../command.ts';
import { UsageError } from '../errors.ts';
import { printable } from '../view/text.ts';

const PATIENCE_MS = 3_000;

/** A daemon that listens on every address is asked on this machine's own. */
const ANY_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Adds `healthcheck`: asks the daemon of this configuration over HTTP. Exits with 1 when it is not well or does not answer. */
export function addHealthcheck(cli: Cli, program: Command): void {
  const command = program
    .command('healthcheck')
    .description('ask the running daemon whether it is alive (for HEALTHCHECK of a container)');
  onAction<CommonOptions>(cli, command, async (options) => {
    const { server, file } = await cli.parts.loadConfig(options.config);
    if (server.port === 0) {
      throw new UsageError(
        `${file} lets the daemon listen on any free port, so it cannot be asked`,
        'Give `server.port` a number of its own.',
      );
    }
    const host = ANY_ADDRESS[server.host] ?? server.host;
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${server.port}/healthz`;
    try {
      const status = await askStatus(url);
      if (status === 200) {
        cli.out.line('alive');
        return 0;
      }
      cli.err.line(`error: ${url} answers ${status}`);
      cli.err.line('hint: The log of the daemon says what is wrong, if it is the daemon that answers there.');
    } catch (thrown) {
      cli.err.line(`error: no daemon answers at ${printable(url)}: ${reasonOf(thrown)}`);
      cli.err.line('hint: Start it with "restore-watcher run", or check `server.host` and `server.port`.');
    }
    return 1;
  });
}

/** Not fetch: where a proxy is set in the environment, it would be asked for our own loopback address. */
async function askStatus(url: string): Promise<number | undefined> {
  const call: ClientRequest = request(url, { agent: false, signal: AbortSignal.timeout(PATIENCE_MS) });
  call.end();
  const [response]: IncomingMessage[] = await once(call, 'response');
  response?.resume();
  return response?.statusCode;
}

function reasonOf(thrown: unknown): string {
  const error = toError(thrown);
  if (error.name === 'AbortError' || error.name === 'TimeoutError')
    return `silent for ${PATIENCE_MS / 1_000} s`;
  return 'code' in error ? String(error.code) : error.message;
}
