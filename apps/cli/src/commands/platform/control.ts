import { Command } from 'commander';
import { addGatewayOptions, type GatewayOptions, openGateway } from '../../gateway/gateway-options';
import { watchPipeline } from '../../gateway/watch-pipeline';
import { printJson } from '../../terminal/json-line';
import { jsonOption } from '../../training/training-options';

type ControlOptions = GatewayOptions & { json?: boolean };

export function platformWatchCommand(): Command {
  return addGatewayOptions(new Command('watch').description('show the progress of a pipeline until it ends'))
    .argument('<pipeline>', 'id, as platform get pipelines shows it')
    .addOption(jsonOption())
    .action(async (id: string, options: ControlOptions) => {
      const note = `Watching ${id}; Ctrl-C stops watching, not the pipeline.`;
      process.exitCode = await watchPipeline(openGateway(options), id, options.json ?? false, note);
    });
}

export function platformCancelCommand(): Command {
  return controlCommand('cancel', 'stop a pipeline at its next step, with a checkpoint');
}

export function platformResumeCommand(): Command {
  return controlCommand('resume', 'resume a pipeline from its last checkpoint');
}

function controlCommand(action: 'cancel' | 'resume', description: string): Command {
  return addGatewayOptions(new Command(action).description(description))
    .argument('<pipeline>', 'id, as platform get pipelines shows it')
    .addOption(jsonOption())
    .action(async (id: string, options: ControlOptions) => {
      const pipeline = await openGateway(options).control(id, action);
      if (options.json) printJson(pipeline);
      else console.log(`${pipeline.pipelineId}: ${pipeline.status}`);
    });
}
