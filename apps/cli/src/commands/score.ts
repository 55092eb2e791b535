import { setThreads } from '@open-chatgpt/runtime';
import type { ChatTemplateName, Message } from '@open-chatgpt/tokenizer';
import { type ConversationScorer, openConversationScorer } from '@open-chatgpt/training';
import { Command } from 'commander';
import { templateOption } from '../answering/answering-options';
import { exitCodes, UsageError } from '../exit-codes';
import { isRunFolder, modelPath, readPipeline } from '../models/model-path';
import { MODEL_NAMES, resolveModelSource } from '../models/model-source';
import { createSideProgress } from '../progress';
import { type ConversationLine, readConversations } from '../scoring/read-conversations';
import { wholeNumber } from '../terminal/number-flags';
import { printAside, printJson } from '../terminal/print';

/** Conversations that are tokenized together, so that batches have answers of like length. */
const PART = 256;

interface ScoreOptions {
  model: string;
  prompt?: string;
  answer?: string;
  system?: string;
  file?: string;
  template?: string;
  batchSize: number;
  threads?: number;
}

const examples = `
Examples:
  $ openchat score --model runs/quickstart --prompt "What is the opposite of big?" --answer "small, gladly"
  $ openchat score --model runs/quickstart --file answers.jsonl > scores.jsonl
  $ openchat generate --model runs/quickstart --prompts questions.jsonl --json | openchat score --model runs/quickstart --file -

Each line of --file: {"prompt": "…", "answer": "…"} (or "response", "completion", "text"), where the prompt may be a list of
messages, or {"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}.
Each line of the output: {"line", "score", "normalized", "tokens"}, or {"line", "error"} for a line that has no score. "score" is
the output of the model, as transformers' AutoModelForSequenceClassification gives it; "normalized" is the reward of PPO.`;

export function scoreCommand(): Command {
  return new Command('score')
    .description('score answers with a reward model')
    .requiredOption('-m, --model <path>', `reward model: ${MODEL_NAMES}`)
    .option('-p, --prompt <text>', 'the prompt')
    .option('--answer <text>', 'the answer to score')
    .option('--system <text>', 'system message before the prompt')
    .option('--file <path>', 'conversations as JSON Lines; - for standard input')
    .option('--batch-size <n>', 'answers that are scored together', wholeNumber(1), 8)
    .option('--threads <n>', 'threads of the engine (default: one a core)', wholeNumber(1))
    .addOption(templateOption())
    .addHelpText('after', examples)
    .action(score);
}

async function score(options: ScoreOptions): Promise<void> {
  const conversations = conversationsOf(options);
  const scorer = await openScorer(options);
  let part: ConversationLine[] = [];
  let failed = 0;
  for await (const one of conversations) {
    part.push(one);
    if (part.length < PART) continue;
    failed += await printScores(scorer, part);
    part = [];
  }
  failed += await printScores(scorer, part);
  if (failed === 0) return;
  printAside(`${failed} ${failed === 1 ? 'conversation has' : 'conversations have'} no score; see "error"`);
  process.exitCode = exitCodes.failed;
}

function conversationsOf({ prompt, answer, system, file }: ScoreOptions): AsyncIterable<ConversationLine> {
  const given = [prompt, answer].filter((text) => text !== undefined).length;
  if (file !== undefined && given === 0) return readConversations(file);
  if (file !== undefined || given < 2)
    throw new UsageError('use either --prompt and --answer, or --file with conversations');
  const conversation: Message[] = [
    ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
    { role: 'user', content: prompt! },
    { role: 'assistant', content: answer! },
  ];
  return (async function* () {
    yield { line: 1, conversation };
  })();
}

/** Opens the model that `--model` names: of a run folder its latest reward model. */
async function openScorer({
  model,
  template,
  batchSize,
  threads,
}: ScoreOptions): Promise<ConversationScorer> {
  if (threads) setThreads(threads);
  const run = isRunFolder(model) ? readPipeline(model) : null;
  const progress = createSideProgress();
  try {
    const path = await resolveModelSource(modelPath(model, { kind: 'reward-model' }), progress);
    return await openConversationScorer(path, {
      template: (template as ChatTemplateName | undefined) ?? run?.template ?? 'model',
      batchSize,
      onLoading: (done, total) => progress.loading('loading weights', done, total),
    });
  } finally {
    progress.close();
  }
}

/** @returns the number of conversations without a score */
async function printScores(scorer: ConversationScorer, part: readonly ConversationLine[]): Promise<number> {
  const valid = part.flatMap(({ conversation }) => (Array.isArray(conversation) ? [conversation] : []));
  const scores = await scorer.score(valid);
  let [next, failed] = [0, 0];
  for (const { line, conversation } of part) {
    const result = Array.isArray(conversation) ? scores[next++] : conversation;
    if ('error' in result) failed++;
    printJson({ line, ...result });
  }
  return failed;
}
