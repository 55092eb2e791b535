import { Command, Option } from 'commander';
import { type GatewayClient, GatewayRefused, type SubmittedPipeline } from '../gateway/gateway-client';
import { addGatewayOptions, type GatewayOptions, openGateway } from '../gateway/gateway-options';
import { wholeNumber } from '../terminal/number-flags';
import { printPart } from '../terminal/print';

const examples = `
Examples:
  $ openchat logs first-ppo --follow
  $ openchat logs first                        the stage of the pipeline that runs, or ran last
  $ openchat logs first-ppo --attempt 1 --tail 100
  $ openchat logs first-ppo --role rollout

In a cluster these are the lines that the pods print; they go with their pods, unless the cluster collects logs. Without a
cluster they are the events of the run.`;

interface LogsOptions extends GatewayOptions {
  attempt?: number;
  role?: string;
  follow?: boolean;
  tail?: number;
}

export function logsCommand(): Command {
  return addGatewayOptions(new Command('logs').description('print the log of a run of a platform'))
    .argument('<run|pipeline>', 'id, as openchat get shows it')
    .option('--attempt <n>', 'number of the start of the run (default: the latest)', wholeNumber(1))
    .addOption(
      new Option('--role <role>', 'the processes that execute the run')
        .choices(['trainer', 'rollout', 'critic'])
        .default('trainer'),
    )
    .option('-f, --follow', 'go on until the run has ended; Ctrl-C stops printing, not the run')
    .option('--tail <n>', 'only the last lines that exist', wholeNumber(0))
    .addHelpText('after', examples)
    .action(async (id: string, options: LogsOptions) => {
      const gateway = openGateway(options);
      const { attempt, role, follow, tail } = options;
      const lines = await gateway.openLogs(await runOf(gateway, id), { attempt, role, follow, tail });
      const decoder = new TextDecoder();
      for await (const chunk of lines) printPart(decoder.decode(chunk as Uint8Array, { stream: true }));
    });
}

/** The run of that id, or of a pipeline the run that was started last. */
async function runOf(gateway: GatewayClient, id: string): Promise<string> {
  let pipeline: SubmittedPipeline;
  try {
    pipeline = await gateway.pipeline(id);
  } catch (error) {
    if (error instanceof GatewayRefused && error.status === 404) return id;
    throw error;
  }
  const { stages } = pipeline;
  const started = stages.filter(({ status, attempt }) => status !== 'waiting' || attempt > 0);
  return (started.at(-1) ?? stages[0]).runId;
}
