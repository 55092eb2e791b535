import { loadConfig, serviceConfigSchema } from '@open-chatgpt/service';
import { Command } from 'commander';
import { asUsage } from '../exit-codes';
import { startPlatform } from '../platform/start-platform';
import { invocation } from '../terminal/invocation';
import { wholeNumber } from '../terminal/number-flags';

const examples = `
Examples:
  $ openchat up
  $ openchat run examples/quickstart.yaml --gateway http://127.0.0.1:3000
  $ curl http://127.0.0.1:3000/v1/pipelines

Events go through this process, objects into a folder, unless OPEN_CHATGPT_BUS and OPEN_CHATGPT_STORE say otherwise.
Ctrl-C saves a checkpoint of what is being trained and stops.`;

export function upCommand(): Command {
  return new Command('up')
    .description('start the platform in one process: gateway and trainers, until Ctrl-C')
    .option('--port <n>', 'port of the gateway; 0: any that is free (default: 3000)', wholeNumber(0))
    .option('--work-dir <folder>', 'where runs, models and objects lie (default: the current folder)')
    .addHelpText('after', examples)
    .action(async (options: { port?: number; workDir?: string }) => {
      const workDir = options.workDir ?? process.env['OPEN_CHATGPT_WORK_DIR'] ?? '.';
      const config = asUsage(() =>
        loadConfig(serviceConfigSchema, {
          OPEN_CHATGPT_STORE: `${workDir}/store`,
          OPEN_CHATGPT_LOG_LEVEL: 'warn',
          ...process.env,
          OPEN_CHATGPT_WORK_DIR: workDir,
          ...(options.port !== undefined && { OPEN_CHATGPT_PORT: String(options.port) }),
        }),
      );
      const { url } = await startPlatform(config);
      console.log(`The platform is up at ${url}. To train:`);
      console.log(`  ${invocation()} run examples/quickstart.yaml --gateway ${url}`);
    });
}
