import { printable } from '@open-chatgpt/untrusted';
import { Argument, Command } from 'commander';
import { addGatewayOptions, type GatewayOptions, openGateway } from '../gateway/gateway-options';
import { wholeNumber } from '../terminal/number-flags';
import { print, printJson } from '../terminal/print';
import { formatTable } from '../terminal/table';
import { jsonOption } from '../training/training-options';

const examples = `
Examples:
  $ openchat get pipelines
  $ openchat get runs --status running
  $ openchat get models --json
  $ openchat get datasets my-data                   one dataset, with all fields, as JSON
  $ openchat get alerts --gateway https://platform.example --token-file ~/token`;

type Item = Record<string, unknown>;

const text = (value: unknown) => (value === undefined || value === null ? '' : printable(String(value)));
const when = (item: Item) => text(item['createdAt']).slice(0, 19).replace('T', ' ');
const steps = ({ step, totalSteps }: Item) => (totalSteps ? `${step}/${totalSteps}` : text(step));

/** Columns of the table of each kind. */
const columns: Record<string, Record<string, (item: Item) => string>> = {
  pipelines: {
    pipeline: ({ pipelineId }) => text(pipelineId),
    status: ({ status }) => text(status),
    stages: ({ stages }) => (stages as Item[]).map(({ stage, status }) => `${stage} ${status}`).join(', '),
    created: when,
  },
  runs: {
    run: ({ runId }) => text(runId),
    stage: ({ stage }) => text(stage),
    status: ({ status }) => text(status),
    steps,
    created: when,
    'waits for': ({ waitsFor }) => text((waitsFor as Item | undefined)?.['message']),
  },
  datasets: {
    dataset: ({ datasetId }) => text(datasetId),
    kind: ({ kind }) => text(kind),
    status: ({ status }) => text(status),
    rows: ({ rows }) => text((rows as Item | undefined)?.['kept']),
    created: when,
  },
  models: {
    model: ({ modelId }) => text(modelId),
    kind: ({ kind }) => text(kind),
    algorithm: ({ algorithm }) => text(algorithm),
    manifest: ({ manifest }) => text((manifest as Item)['uri']),
    created: when,
  },
  checkpoints: {
    checkpoint: ({ checkpointId }) => text(checkpointId),
    stage: ({ stage }) => text(stage),
    step: ({ step }) => text(step),
    created: when,
  },
  alerts: {
    alert: ({ name }) => text(name),
    severity: ({ severity }) => text(severity),
    run: ({ runId }) => text(runId),
    message: ({ message }) => text(message),
    created: when,
  },
};

interface GetOptions extends GatewayOptions {
  status?: string;
  limit: number;
  json?: boolean;
}

export function getCommand(): Command {
  const command = new Command('get')
    .description('list the resources of a platform, the newest first, or show one of them')
    .addArgument(new Argument('<kind>').choices(Object.keys(columns)))
    .argument('[id]', 'id of one resource');
  return addGatewayOptions(command)
    .option('--status <status>', 'only with this status: of pipelines, runs, datasets')
    .option('--limit <n>', 'maximum number of lines', wholeNumber(1), 100)
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(get);
}

async function get(kind: string, id: string | undefined, options: GetOptions): Promise<void> {
  const gateway = openGateway(options);
  if (id !== undefined) {
    const found = (await gateway.get(kind, id)) as object;
    if (options.json) printJson(found);
    else print(JSON.stringify(found, null, 2));
    return;
  }
  const { status, limit } = options;
  const { items, next } = await gateway.list(kind, { status, limit: Math.min(limit, 1000) });
  if (options.json) {
    for (const item of items) printJson(item);
    return;
  }
  if (items.length === 0) return print(`no ${kind}`);
  const wanted = columns[kind];
  print(
    formatTable([
      Object.keys(wanted),
      ...items.map((item) => Object.values(wanted).map((column) => column(item))),
    ]),
  );
  if (next) print(`… and more: --limit ${limit * 2}`);
}
