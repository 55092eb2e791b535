import { createInterface } from 'node:readline';
import { datasetsOf, type PipelineConfig } from '@open-chatgpt/pipeline';
import { Command } from 'commander';
import { type AnsweringOptions, addAnsweringOptions } from '../answering/answering-options';
import { ChatSession } from '../answering/chat-session';
import { openAnswerer } from '../answering/open-answerer';
import { exitCodes } from '../exit-codes';

interface ChatOptions extends AnsweringOptions {
  history?: boolean;
}

const examples = `
Examples:
  $ openchat chat --model runs/quickstart
  $ openchat chat --model builtin:smollm2-135m-instruct --system "You are a pirate." --int8
  $ printf 'Hello\\nWho are you?\\n' | openchat chat --model ./llama --temperature 0

In the chat, /reset clears the conversation, /system <text> sets the system message, /exit or Ctrl-D ends the chat, and Ctrl-C
stops an answer. Piped text is read line by line, and only the answers are printed.`;

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
  const interactive = Boolean(process.stdin.isTTY) && !options.json;
  const session = new ChatSession(answerer, { ...options, history: options.history ?? !single, interactive });
  const lines = createInterface({
    input: process.stdin,
    output: interactive ? process.stdout : undefined,
    prompt: '> ',
  });
  if (interactive) {
    console.log(session.greeting(single && options.history === undefined));
    lines.on('SIGINT', () => {
      if (session.stopAnswer()) return;
      process.stdout.write('\n');
      process.exit(exitCodes.interrupted);
    });
    lines.prompt();
  }
  for await (const line of lines) {
    if ((await session.handle(line.trim())) === 'exit') break;
    if (interactive) lines.prompt();
  }
  lines.close();
}

/** Whether a run was trained on single questions only. */
function readsOnlyTasks(run: PipelineConfig | null): boolean {
  const datasets = run?.stages.flatMap((stage) => datasetsOf(stage)) ?? [];
  return datasets.length > 0 && datasets.every(({ source }) => source.path === 'builtin:tasks');
}
