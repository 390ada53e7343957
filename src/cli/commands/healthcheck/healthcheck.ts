import type { Command } from 'commander';
import { type Cli, type CommonOptions, onAction } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { printable } from '../../view/text.ts';
import { ALIVE, askHealth } from './ask.ts';

/** Adds `healthcheck`: asks the daemon of this configuration over HTTP, also while that has faults: the daemon goes on by the one that it has read. Exits with 1 when it is not well or does not answer. */
export function addHealthcheck(cli: Cli, program: Command): void {
  const command = program
    .command('healthcheck')
    .description('ask the running daemon whether it is alive (for HEALTHCHECK of a container)');
  onAction<CommonOptions>(cli, command, async (options) => {
    const server = await cli.parts.readServer(options.config);
    if (server.port === 0) {
      throw new UsageError(
        `${options.config} lets the daemon listen on any free port, so it cannot be asked`,
        'Give `server.port` a number of its own.',
      );
    }
    const answer = cli.parts.healthAnswer ?? (await askHealth(server));
    switch (answer.kind) {
      case 'alive':
        cli.out.line(ALIVE);
        return 0;
      case 'other':
        cli.err.line(`error: ${answer.url} answers ${answer.status}`);
        cli.err.line(
          'hint: The log of the daemon says what is wrong, if it is the daemon that answers there.',
        );
        return 1;
      case 'none':
        cli.err.line(`error: no daemon answers at ${printable(answer.url)}: ${answer.reason}`);
        cli.err.line('hint: Start it with "restore-watcher run", or check `server.host` and `server.port`.');
        return 1;
    }
  });
}
