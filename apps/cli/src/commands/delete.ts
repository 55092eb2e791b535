import { Argument, Command } from 'commander';
import { addGatewayOptions, type GatewayOptions, openGateway } from '../gateway/gateway-options';
import { print, printJson } from '../terminal/print';
import { jsonOption } from '../training/training-options';

const examples = `
Examples:
  $ openchat delete pipelines first
  $ openchat delete datasets my-data
  $ openchat delete models mine

A deleted pipeline is cancelled for good, and its resource in a cluster is deleted; its history and its models stay.
A deleted dataset or model can no longer be used. openchat gc removes its files after the grace. The lineage of models that
were made of it stays complete. The ingestion of a dataset that is not ready yet is cancelled. A dataset or model that a pipeline uses cannot be deleted.`;

export function deleteCommand(): Command {
  return addGatewayOptions(
    new Command('delete').description('delete a pipeline, a dataset or a model of a platform'),
  )
    .addArgument(new Argument('<kind>').choices(['pipelines', 'datasets', 'models']))
    .argument('<id>', 'as openchat get shows it')
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(async (kind: string, id: string, options: GatewayOptions & { json?: boolean }) => {
      await openGateway(options).delete(kind, id);
      if (options.json) printJson({ type: 'deleted', kind, id });
      else print(`${id}: deleted`);
    });
}
