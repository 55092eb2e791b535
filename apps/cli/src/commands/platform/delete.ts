import { Argument, Command } from 'commander';
import { addGatewayOptions, type GatewayOptions, openGateway } from '../../gateway/gateway-options';
import { printJson } from '../../terminal/json-line';
import { jsonOption } from '../../training/training-options';

const examples = `
Examples:
  $ openchat platform delete datasets my-data
  $ openchat platform delete models mine

It can no longer be used from then on; its files go with openchat platform gc, after the grace. What was made of it, and
where that comes from, stays known. While a run works with it, it is refused.`;

export function platformDeleteCommand(): Command {
  return addGatewayOptions(new Command('delete').description('take a data set or a model away'))
    .addArgument(new Argument('<kind>').choices(['datasets', 'models']))
    .argument('<id>', 'as platform get shows it')
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(async (kind: string, id: string, options: GatewayOptions & { json?: boolean }) => {
      await openGateway(options).remove(kind, id);
      if (options.json) printJson({ type: 'deleted', kind, id });
      else console.log(`${id}: deleted`);
    });
}
