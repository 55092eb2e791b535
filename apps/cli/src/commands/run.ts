import { Command } from 'commander';
import { type GatewayOptions, gatewayOption, tokenFileOption } from '../gateway/gateway-options';
import { runOnPlatform } from '../gateway/run-on-platform';
import { loadPipeline } from '../training/load-pipeline';
import { trainAndReport } from '../training/train-and-report';
import { addTrainingOptions, type TrainingOptions } from '../training/training-options';

const examples = `
Examples:
  $ openchat run examples/quickstart.yaml
  $ openchat run examples/smollm2.yaml --out runs/first --set sft.learningRate=1e-4
  $ openchat run examples/smollm2.yaml --dry-run              with estimates of memory and time
  $ openchat run examples/quickstart.yaml --set ppo=null     without a stage
  $ openchat run examples/quickstart.yaml --gateway http://127.0.0.1:3000
  $ openchat run runs/first --resume                         resumes the run in a folder

The run folder contains config.yaml, metrics.jsonl, samples.jsonl, checkpoints/, models/, report.json and report.html.
Ctrl-C finishes the step and saves a checkpoint; a second one stops immediately.
With --gateway, checkpoints and models are in the store of the platform, and the report is in runs/<pipeline>, or in --out.`;

export function runCommand(): Command {
  const command = new Command('run')
    .description('train what a pipeline file describes, stage by stage')
    .argument('<pipeline>', 'pipeline file (YAML), or the folder of a run')
    .addHelpText('after', examples);
  command
    .addOption(gatewayOption('submit to a running platform and watch, instead of training in this process'))
    .addOption(tokenFileOption());
  return addTrainingOptions(command).action(
    async (path: string, options: TrainingOptions & GatewayOptions) => {
      const run = loadPipeline(path, options);
      process.exitCode = options.gateway
        ? await runOnPlatform(run, options)
        : await trainAndReport(run, options);
    },
  );
}
