import { Command } from 'commander';
import { openDeadLetterOffice } from '../../dead-letters/dead-letter-office';
import { showDeadLetters } from '../../dead-letters/show';
import { type GatewayOptions, gatewayOption, tokenFileOption } from '../../gateway/gateway-options';
import { jsonOption } from '../../training/training-options';

const examples = `
Examples:
  $ openchat dlq list --gateway http://127.0.0.1:3000
  $ OPEN_CHATGPT_BUS=kafka://kafka:9092 openchat dlq list --topic openchatgpt.run.cmd.v1 --json`;

export function dlqListCommand(): Command {
  return new Command('list')
    .description('show what services gave up, where it lies and why')
    .option('--topic <topic>', 'only those of this topic')
    .addOption(
      gatewayOption('ask this gateway (default: OPEN_CHATGPT_GATEWAY), not the Kafka of OPEN_CHATGPT_BUS'),
    )
    .addOption(tokenFileOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(async (options: GatewayOptions & { topic?: string; json?: boolean }) => {
      const office = openDeadLetterOffice(options);
      try {
        const letters = (await office.list()).filter(
          ({ topic }) => !options.topic || topic === options.topic,
        );
        if (letters.length > 0) showDeadLetters(letters, options.json ?? false);
        else if (!options.json) console.log('no dead letters');
      } finally {
        await office.close();
      }
    });
}
