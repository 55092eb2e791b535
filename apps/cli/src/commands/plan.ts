import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { parse } from 'yaml';
import { asUsage, UsageError } from '../exit-codes';
import { printJson } from '../terminal/json-line';
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
      const plan = asUsage(() => planForCluster(readYaml(file), file));
      if (output === 'json') printJson({ type: 'cluster-plan', ...plan });
      else printPlan(plan);
    });
}

function readYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`);
  }
}
