import { Command } from 'commander';
import { addGatewayOptions, type GatewayOptions, openGateway } from '../gateway/gateway-options';
import { watchPipeline } from '../gateway/watch-pipeline';
import { jsonOption } from '../training/training-options';

export function watchCommand(): Command {
  return addGatewayOptions(
    new Command('watch').description('show the progress of a pipeline until it ends, and its report'),
  )
    .argument('<pipeline>', 'id, as openchat get pipelines shows it')
    .addOption(jsonOption())
    .action(async (id: string, options: GatewayOptions & { json?: boolean }) => {
      const note = `Watching ${id}; Ctrl-C stops watching, not the pipeline.`;
      process.exitCode = await watchPipeline(openGateway(options), id, { json: options.json, note });
    });
}
