import { Command } from 'commander';
import { addGatewayOptions, type GatewayOptions, openGateway } from '../gateway/gateway-options';
import { print, printJson } from '../terminal/print';
import { jsonOption } from '../training/training-options';

export function cancelCommand(): Command {
  return controlCommand('cancel', 'stop a pipeline of a platform at its next step, with a checkpoint');
}

export function resumeCommand(): Command {
  return controlCommand('resume', 'resume a pipeline of a platform from its last checkpoint');
}

function controlCommand(action: 'cancel' | 'resume', description: string): Command {
  return addGatewayOptions(new Command(action).description(description))
    .argument('<pipeline>', 'id, as openchat get pipelines shows it')
    .addOption(jsonOption())
    .action(async (id: string, options: GatewayOptions & { json?: boolean }) => {
      const pipeline = await openGateway(options).control(id, action);
      if (options.json) printJson(pipeline);
      else print(`${pipeline.pipelineId}: ${pipeline.status}`);
    });
}
