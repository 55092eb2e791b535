import { Command } from 'commander';
import { openDeadLetterClient } from '../../dead-letters/dead-letter-client';
import { showDeadLetters } from '../../dead-letters/show-dead-letters';
import { type GatewayOptions, gatewayOption, tokenFileOption } from '../../gateway/gateway-options';
import { print } from '../../terminal/print';
import { jsonOption } from '../../training/training-options';

const examples = `
Examples:
  $ openchat dlq list --gateway http://127.0.0.1:3000
  $ OPEN_CHATGPT_BUS=kafka://kafka:9092 openchat dlq list --topic openchatgpt.run.cmd.v1 --json`;

export function dlqListCommand(): Command {
  return new Command('list')
    .description('list dead letters with their topic and error')
    .option('--topic <topic>', 'only of this topic')
    .addOption(
      gatewayOption(
        'gateway of the platform (default: OPEN_CHATGPT_GATEWAY, else the Kafka of OPEN_CHATGPT_BUS)',
      ),
    )
    .addOption(tokenFileOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(async (options: GatewayOptions & { topic?: string; json?: boolean }) => {
      const client = openDeadLetterClient(options);
      try {
        const letters = (await client.list()).filter(
          ({ topic }) => !options.topic || topic === options.topic,
        );
        if (letters.length > 0) showDeadLetters(letters, options.json ?? false);
        else if (!options.json) print('no dead letters');
      } finally {
        await client.close();
      }
    });
}
