import { Command } from 'commander';
import { answerAll, encodePrompt } from '../answering/answer';
import { type AnsweringOptions, addAnsweringOptions } from '../answering/answering-options';
import { openAnswerer } from '../answering/open-answerer';
import { type Prompt, promptOf, readPrompts } from '../answering/prompts';
import { UsageError } from '../exit-codes';
import { wholeNumber } from '../terminal/number-flags';
import { print, printJson, printPart } from '../terminal/print';

/** Prompts of one batch. */
const BATCH_SIZE = 64;

interface GenerateOptions extends AnsweringOptions {
  prompt?: string;
  prompts?: string;
  numBeams?: number;
  raw?: boolean;
}

const examples = `
Examples:
  $ openchat generate --model runs/quickstart --prompt "What is the opposite of big?"
  $ openchat generate --model builtin:smollm2-135m-instruct --prompt "Why is the sky blue?" --max-new-tokens 60 --int8
  $ openchat generate --model ./model.gguf --prompts questions.jsonl --temperature 0 --json > answers.jsonl
  $ openchat generate --model ./gpt2 --raw --prompt "Once upon a time" --top-p 0.9

Each line of --prompts: {"prompt": "…"}, {"messages": [{"role": "user", "content": "…"}]} or a string in quotes.
Answers are in the order of the prompts. With --json a line is {index, prompt, text, finishReason, tokens, promptTokens}.`;

export function generateCommand(): Command {
  const command = new Command('generate')
    .description('answer prompts with a model')
    .option('-p, --prompt <text>', 'the prompt')
    .option('--prompts <file>', 'prompts as JSON Lines; - for standard input');
  addAnsweringOptions(command)
    .option(
      '--num-beams <n>',
      'search for the most probable answer with this many beams instead of sampling',
      wholeNumber(1),
    )
    .option('--raw', 'continue the text without a chat template')
    .addHelpText('after', examples);
  return command.action(generate);
}

async function generate(options: GenerateOptions): Promise<void> {
  const prompts = promptsOf(options);
  checkBeams(options);
  const answerer = await openAnswerer(options);
  const { json = false, maxNewTokens, stop, seed, numBeams } = options;
  const single = prompts.length === 1 && !json;
  for (let start = 0; start < prompts.length; start += BATCH_SIZE) {
    const part = prompts.slice(start, start + BATCH_SIZE);
    const answers = await answerAll(
      answerer,
      await Promise.all(part.map(({ messages }) => encodePrompt(answerer, messages))),
      {
        maxNewTokens,
        stop,
        seed: seed + start,
        numBeams,
        ...(single && { onText: ({ text }) => printPart(text) }),
      },
    );
    if (single) print();
    else for (const [i, answer] of answers.entries()) printAnswer(start + i, part[i], answer, json);
  }
}

function promptsOf({ prompt, prompts, system }: GenerateOptions): Prompt[] {
  if ((prompt === undefined) === (prompts === undefined)) {
    throw new UsageError('use either --prompt or --prompts');
  }
  return prompt === undefined ? readPrompts(prompts!, system) : [promptOf(prompt, system)];
}

function checkBeams({
  numBeams = 1,
  temperature,
  topP,
  topK,
  minP,
  repetitionPenalty,
}: GenerateOptions): void {
  if (numBeams === 1) return;
  const sampling = { temperature, topP, topK, minP, repetitionPenalty };
  const given = Object.entries(sampling).filter(([, value]) => value !== undefined);
  if (given.length === 0) return;
  const flags = given.map(([name]) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  throw new UsageError(
    `--num-beams searches for the most probable answer and cannot be combined with ${flags.join(', ')}`,
  );
}

function printAnswer(
  index: number,
  { given }: Prompt,
  { text, finishReason, tokens, promptTokens }: Awaited<ReturnType<typeof answerAll>>[number],
  json: boolean,
): void {
  if (json) {
    const prompt = typeof given === 'string' ? { prompt: given } : { messages: given };
    printJson({ index, ...prompt, text, finishReason, tokens: tokens.length, promptTokens });
    return;
  }
  const question = typeof given === 'string' ? given : given[given.length - 1].content;
  print(`> ${question}\n${text}\n`);
}
