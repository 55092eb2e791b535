import { readFileSync } from 'node:fs';
import { parseYaml } from '@open-chatgpt/untrusted';
import { Command, Option } from 'commander';
import { asUsage } from '../exit-codes';
import { printJson } from '../terminal/print';
import { planForCluster, printPlan } from '../training/cluster-plan';

const examples = `
Examples:
  $ openchat plan examples/quickstart.yaml
  $ openchat plan pipeline.yaml --output json
  $ openchat plan k8s/samples/one-gpu.yaml        an RlhfPipeline as for kubectl apply

Nothing is read but this file: no cluster, no model, no dataset. Memory is an estimate for rows of the greatest length that the
settings allow; openchat run --dry-run reads the data and says what their longest row takes.`;

export function planCommand(): Command {
  return new Command('plan')
    .description('print the pods that a pipeline needs in a cluster, with the memory that they ask for')
    .argument('<pipeline>', 'pipeline file, or manifest of an RlhfPipeline (YAML or JSON)')
    .addOption(
      new Option('-o, --output <format>', 'table or json').choices(['table', 'json']).default('table'),
    )
    .addHelpText('after', examples)
    .action((file: string, { output }: { output: string }) => {
      const plan = asUsage(() => planForCluster(parseYaml(readFileSync(file, 'utf8'), file), file));
      if (output === 'json') printJson({ type: 'cluster-plan', ...plan });
      else printPlan(plan);
    });
}
