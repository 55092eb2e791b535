import type { DeadLetterSummary } from '@open-chatgpt/messaging';
import { Command } from 'commander';
import { type DeadLetterClient, openDeadLetterClient } from '../../dead-letters/dead-letter-client';
import { showDeadLetters } from '../../dead-letters/show-dead-letters';
import { exitCodes, UsageError } from '../../exit-codes';
import { type GatewayOptions, gatewayOption, tokenFileOption } from '../../gateway/gateway-options';
import { confirm } from '../../terminal/confirm';
import { print, printJson } from '../../terminal/print';
import { jsonOption } from '../../training/training-options';

interface SettleOptions extends GatewayOptions {
  topic?: string;
  all?: boolean;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

const replayExamples = `
Examples:
  $ openchat dlq replay 3f9a5c1e7b20
  $ openchat dlq replay --topic openchatgpt.run.cmd.v1 --dry-run
  $ openchat dlq replay --all --yes --gateway http://127.0.0.1:3000

A message is delivered only to the consumer group that failed. Fix the cause first, or it fails again.`;

const discardExamples = `
Examples:
  $ openchat dlq discard 3f9a5c1e7b20
  $ openchat dlq discard --topic openchatgpt.alert.fact.v1 --yes`;

export function dlqReplayCommand(): Command {
  return settleCommand('replay', 'deliver messages again to the consumer group that failed', replayExamples);
}

export function dlqDiscardCommand(): Command {
  return settleCommand('discard', 'delete messages from the dead-letter queue', discardExamples);
}

function settleCommand(action: 'replay' | 'discard', description: string, examples: string): Command {
  return new Command(action)
    .description(description)
    .argument('[id...]', 'as openchat dlq list shows them')
    .option('--topic <topic>', 'all of this topic')
    .option('--all', 'all of every topic')
    .option('--dry-run', `only show what it would ${action}`)
    .option('-y, --yes', 'without confirmation')
    .addOption(
      gatewayOption(
        'gateway of the platform (default: OPEN_CHATGPT_GATEWAY, else the Kafka of OPEN_CHATGPT_BUS)',
      ),
    )
    .addOption(tokenFileOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(async (ids: string[], options: SettleOptions) => {
      const ways = [ids.length > 0, options.topic !== undefined, options.all === true];
      if (ways.filter(Boolean).length !== 1)
        throw new UsageError(`expected what to ${action}: ids, --topic or --all`);
      const client = openDeadLetterClient(options);
      try {
        process.exitCode = await settle(client, action, ids, options);
      } finally {
        await client.close();
      }
    });
}

async function settle(
  client: DeadLetterClient,
  action: 'replay' | 'discard',
  ids: readonly string[],
  { topic, all, dryRun, yes, json = false }: SettleOptions,
): Promise<number> {
  const letters = await client.list();
  const missing = ids.find((id) => !letters.some((letter) => letter.id === id));
  if (missing !== undefined)
    throw new UsageError(`there is no dead letter "${missing}"; openchat dlq list shows them`);
  const wanted = letters.filter((letter) => all || letter.topic === topic || ids.includes(letter.id));
  if (wanted.length === 0) {
    if (!json) print('no dead letters');
    return exitCodes.ok;
  }
  if (!json || dryRun) showDeadLetters(wanted, json);
  if (dryRun) return exitCodes.ok;
  if (!yes && !(await confirm(questionFor(action, wanted)))) return exitCodes.failed;
  const settled = await client.settle(
    action,
    wanted.map(({ id }) => id),
  );
  if (json) printJson({ [action === 'replay' ? 'replayed' : 'discarded']: settled });
  else print(`${action === 'replay' ? 'Replayed' : 'Discarded'} ${settled} of ${wanted.length}.`);
  return exitCodes.ok;
}

function questionFor(action: 'replay' | 'discard', { length }: readonly DeadLetterSummary[]): string {
  const them = length === 1 ? 'this message' : `these ${length} messages`;
  return action === 'replay' ? `Replay ${them}?` : `Discard ${them}?`;
}
