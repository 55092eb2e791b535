import { resolve } from 'node:path';
import { Command } from 'commander';
import { asUsage } from '../exit-codes';
import { platform } from '../lazy-imports';
import { invocation } from '../terminal/invocation';
import { wholeNumber } from '../terminal/number-flags';
import { print } from '../terminal/print';

const examples = `
Examples:
  $ openchat up
  $ openchat run examples/quickstart.yaml --gateway http://127.0.0.1:3000
  $ curl http://127.0.0.1:3000/v1/pipelines
  $ curl http://127.0.0.1:3001/v1/chat/completions -H 'content-type: application/json' \\
      -d '{"model": "latest", "messages": [{"role": "user", "content": "What is the opposite of big?"}]}'

By default, events stay in this process and objects are in a folder; OPEN_CHATGPT_BUS and OPEN_CHATGPT_STORE change that.
Ctrl-C saves a checkpoint of running stages and stops.`;

interface UpOptions {
  port?: number;
  inferencePort?: number;
  workDir?: string;
}

export function upCommand(): Command {
  return new Command('up')
    .description('start the platform in one process: gateway, trainers and inference, until Ctrl-C')
    .option('--port <n>', 'port of the gateway; 0 for any free port (default: 3000)', wholeNumber(0))
    .option(
      '--inference-port <n>',
      'port of inference, which serves the latest model (default: the next one)',
      wholeNumber(0),
    )
    .option('--work-dir <folder>', 'folder of runs, models and objects (default: the current folder)')
    .addHelpText('after', examples)
    .action(async (options: UpOptions) => {
      const { loadPlatformConfig, startPlatform } = platform();
      const workDir = options.workDir ?? process.env['OPEN_CHATGPT_WORK_DIR'] ?? '.';
      const isLocal = !(process.env['OPEN_CHATGPT_HOST'] ?? process.env['OPEN_CHATGPT_CONFIG']);
      const config = asUsage(() =>
        loadPlatformConfig({
          OPEN_CHATGPT_STORE: `${workDir}/store`,
          OPEN_CHATGPT_LOG_LEVEL: 'warn',
          // Clients of a loopback address have access to this machine's files.
          ...(isLocal && {
            OPEN_CHATGPT_DATASETS_FROM_FILES: 'true',
            OPEN_CHATGPT_PIPELINE_FOLDERS: `${process.cwd()},${resolve(workDir)}`,
          }),
          ...process.env,
          OPEN_CHATGPT_WORK_DIR: workDir,
          ...(options.port !== undefined && { OPEN_CHATGPT_PORT: String(options.port) }),
        }),
      );
      const inferencePort = options.inferencePort ?? (config.port && config.port + 1);
      const { url, inferenceUrl, stop } = await startPlatform(config, inferencePort);
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        // A second one ends the process immediately.
        process.once(signal, () => void stop().finally(() => process.kill(process.pid, signal)));
      }
      print(`The platform is up at ${url}. To train:`);
      print(`  ${invocation()} run examples/quickstart.yaml --gateway ${url}`);
      print(`The latest trained model is served at ${inferenceUrl}/v1 as "latest".`);
    });
}
