import type { DeadLetterSummary } from '@open-chatgpt/messaging';
import { Command } from 'commander';
import { type DeadLetterOffice, openDeadLetterOffice } from '../../dead-letters/dead-letter-office';
import { showDeadLetters } from '../../dead-letters/show';
import { exitCodes, UsageError } from '../../exit-codes';
import { type GatewayOptions, gatewayOption, tokenFileOption } from '../../gateway/gateway-options';
import { confirm } from '../../terminal/confirm';
import { printJson } from '../../terminal/json-line';
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

A message goes only to the group that gave it up. Mend first what made it fail, or it comes back.`;

const discardExamples = `
Examples:
  $ openchat dlq discard 3f9a5c1e7b20
  $ openchat dlq discard --topic openchatgpt.alert.fact.v1 --yes`;

export function dlqReplayCommand(): Command {
  return settleCommand('replay', 'send messages again, to the group that gave them up', replayExamples);
}

export function dlqDiscardCommand(): Command {
  return settleCommand('discard', 'drop messages for good', discardExamples);
}

function settleCommand(action: 'replay' | 'discard', description: string, examples: string): Command {
  return new Command(action)
    .description(description)
    .argument('[id...]', 'as dlq list shows them')
    .option('--topic <topic>', 'all of this topic')
    .option('--all', 'all of every topic')
    .option('--dry-run', `show what it would ${action}, and leave it`)
    .option('-y, --yes', 'do not ask')
    .addOption(
      gatewayOption('ask this gateway (default: OPEN_CHATGPT_GATEWAY), not the Kafka of OPEN_CHATGPT_BUS'),
    )
    .addOption(tokenFileOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(async (ids: string[], options: SettleOptions) => {
      const ways = [ids.length > 0, options.topic !== undefined, options.all === true];
      if (ways.filter(Boolean).length !== 1)
        throw new UsageError(`say what to ${action}: ids, or --topic, or --all`);
      const office = openDeadLetterOffice(options);
      try {
        process.exitCode = await settle(office, action, ids, options);
      } finally {
        await office.close();
      }
    });
}

async function settle(
  office: DeadLetterOffice,
  action: 'replay' | 'discard',
  ids: readonly string[],
  { topic, all, dryRun, yes, json = false }: SettleOptions,
): Promise<number> {
  const letters = await office.list();
  const missing = ids.find((id) => !letters.some((letter) => letter.id === id));
  if (missing !== undefined)
    throw new UsageError(`there is no dead letter "${missing}"; see: openchat dlq list`);
  const wanted = letters.filter((letter) => all || letter.topic === topic || ids.includes(letter.id));
  if (wanted.length === 0) {
    if (!json) console.log('no dead letters');
    return exitCodes.ok;
  }
  if (!json || dryRun) showDeadLetters(wanted, json);
  if (dryRun) return exitCodes.ok;
  if (!yes && !(await confirm(questionFor(action, wanted)))) return exitCodes.failed;
  const settled = await office.settle(
    action,
    wanted.map(({ id }) => id),
  );
  if (json) printJson({ [action === 'replay' ? 'replayed' : 'discarded']: settled });
  else console.log(`${action === 'replay' ? 'Replayed' : 'Discarded'} ${settled} of ${wanted.length}.`);
  return exitCodes.ok;
}

function questionFor(action: 'replay' | 'discard', { length }: readonly DeadLetterSummary[]): string {
  const them = length === 1 ? 'this message' : `these ${length} messages`;
  return action === 'replay' ? `Send ${them} again?` : `Drop ${them} for good?`;
}
