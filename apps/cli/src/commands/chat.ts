import { datasetsOf, type PipelineConfig } from '@open-chatgpt/pipeline';
import { Command } from 'commander';
import { type AnsweringOptions, addAnsweringOptions } from '../answering/answering-options';
import { describeCommands } from '../answering/chat-commands';
import { pipedMessages, TerminalInput } from '../answering/chat-input';
import { ChatSession } from '../answering/chat-session';
import { openAnswerer } from '../answering/open-answerer';
import { exitCodes } from '../exit-codes';
import { print } from '../terminal/print';

interface ChatOptions extends AnsweringOptions {
  history?: boolean;
}

const examples = `
Examples:
  $ openchat chat --model runs/quickstart
  $ openchat chat --model builtin:smollm2-135m-instruct --system "You are a pirate." --int8
  $ printf 'Hello\\nWho are you?\\n' | openchat chat --model ./llama --temperature 0

In the chat:
${describeCommands()}

Piped text is read line by line in the same way, and only the answers are printed.`;

export function chatCommand(): Command {
  const command = new Command('chat').description('talk with a model');
  addAnsweringOptions(command)
    .option('--history', 'the model sees the whole conversation')
    .option(
      '--no-history',
      'the model sees only the last message (default for runs on builtin:tasks, which has single questions)',
    )
    .addHelpText('after', examples);
  return command.action(chat);
}

async function chat(options: ChatOptions): Promise<void> {
  const answerer = await openAnswerer(options);
  const single = readsOnlyTasks(answerer.run);
  const interactive = Boolean(process.stdin.isTTY && process.stdout.isTTY) && !options.json;
  const session = new ChatSession(answerer, { ...options, history: options.history ?? !single, interactive });
  if (interactive) print(session.greeting(single && options.history === undefined));
  for await (const message of interactive ? typedMessages(session) : pipedMessages(process.stdin))
    if ((await session.handle(message)) === 'exit') break;
}

function typedMessages(session: ChatSession): AsyncGenerator<string> {
  const terminal = new TerminalInput(
    process.stdin,
    process.stdout,
    () => session.stopAnswer(),
    () => {
      terminal.close();
      print();
      process.exit(exitCodes.interrupted);
    },
  );
  return terminal.messages();
}

/** Whether a run was trained on single questions only. */
function readsOnlyTasks(run: PipelineConfig | null): boolean {
  const datasets = run?.stages.flatMap((stage) => datasetsOf(stage)) ?? [];
  return datasets.length > 0 && datasets.every(({ source }) => source.path === 'builtin:tasks');
}
