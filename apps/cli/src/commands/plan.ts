import { readFileSync } from 'node:fs';
import { meshField } from '@open-chatgpt/pipeline';
import { GPU_TARGETS } from '@open-chatgpt/runtime';
import { parseYaml } from '@open-chatgpt/untrusted';
import { Command, Option } from 'commander';
import { asUsage, UsageError } from '../exit-codes';
import { printJson } from '../terminal/print';
import { pipelineForPlan, planForCluster, printPlan } from '../training/cluster-plan';
import { parseTarget, printDevicePlan } from '../training/device-plan';

const examples = `
Examples:
  $ openchat plan examples/quickstart.yaml
  $ openchat plan pipeline.yaml --output json
  $ openchat plan k8s/samples/one-gpu.yaml        an RlhfPipeline as for kubectl apply
  $ openchat plan pipeline.yaml --target h200:8 --mesh '{fsdp: 4, tensor: 2}'
  $ openchat plan pipeline.yaml --target h100:8 --mesh auto

Nothing is read but this file: no cluster, no model, no dataset. Memory is an estimate for rows of the greatest length that the
settings allow; openchat run --dry-run reads the data and says what their longest row takes.

With --target, the training steps are compiled for these GPUs, on any machine, and the compiler counts the memory. It needs
openchat device install cuda12 --compiler-only, and the configuration of the model.`;

interface PlanFlags {
  output: string;
  target?: string;
  mesh?: string;
}

function parseMesh(text: string) {
  if (text === 'auto') return text;
  const mesh = asUsage(() => meshField.parse(parseYaml(text, '--mesh')));
  if (!mesh)
    throw new UsageError(
      '--mesh: expected auto, or fields such as {preset: zero3} or {fsdp: 4, tensor: 2}; found nothing',
    );
  return mesh;
}

export function planCommand(): Command {
  return new Command('plan')
    .description('print the pods that a pipeline needs in a cluster, with the memory that they ask for')
    .argument('<pipeline>', 'pipeline file, or manifest of an RlhfPipeline (YAML or JSON)')
    .addOption(
      new Option('-o, --output <format>', 'table or json').choices(['table', 'json']).default('table'),
    )
    .option('--target <gpu:count>', `compile for these GPUs: ${Object.keys(GPU_TARGETS).join(', ')}`)
    .option(
      '--mesh <yaml>',
      'with --target: how the GPUs divide the model, in place of what the stages say; auto tries all',
    )
    .addHelpText('after', examples)
    .action(async (file: string, { output, target, mesh }: PlanFlags) => {
      const content = parseYaml(readFileSync(file, 'utf8'), file);
      if (target) {
        const pipeline = asUsage(() => pipelineForPlan(content, file));
        await printDevicePlan(
          pipeline,
          parseTarget(target),
          mesh === undefined ? null : parseMesh(mesh),
          output === 'json',
        );
        return;
      }
      if (mesh !== undefined)
        throw new UsageError('--mesh: needs --target, the GPUs to divide the model over');
      const plan = asUsage(() => planForCluster(content, file));
      if (output === 'json') printJson({ type: 'cluster-plan', ...plan });
      else printPlan(plan);
    });
}
