import { openModel } from '@open-chatgpt/models';
import { chatTemplate, disagreements, loadTokenizer, type Tokenizer } from '@open-chatgpt/tokenizer';
import { Command } from 'commander';
import { describeModel, type ModelFacts } from '../../models/describe-model';
import { diskSize } from '../../models/disk-size';
import { languageModelPath } from '../../models/model-path';
import { MODEL_NAMES, resolveModelSource } from '../../models/model-source';
import { createSideProgress } from '../../progress';
import { formatBytes, formatCount, formatNumber } from '../../terminal/format';
import { print, printJson } from '../../terminal/print';
import { formatTable } from '../../terminal/table';
import { printWarnings } from '../../terminal/warn';
import { jsonOption } from '../../training/training-options';

const examples = `
Examples:
  $ openchat model info runs/quickstart
  $ openchat model info ./model.gguf --json

Only headers are read.`;

export function modelInfoCommand(): Command {
  return new Command('info')
    .description('describe a model: sizes, number formats, tokenizer, chat template')
    .argument('<path>', MODEL_NAMES)
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(info);
}

async function info(source: string, { json }: { json?: boolean }): Promise<void> {
  const progress = createSideProgress();
  const path = await resolveModelSource(languageModelPath(source), progress);
  progress.close();
  const files = await openModel(path);
  try {
    const facts = describeModel(files);
    const { config } = files;
    const tokenizer = files.tokenizer && (await loadTokenizer(files.tokenizer, { rows: config.vocabSize }));
    const agreement = tokenizer ? [...tokenizer.warnings, ...disagreements(tokenizer, config)] : [];
    const warnings = [...files.warnings, ...agreement];
    const bytes = diskSize(path);
    if (json)
      printJson({ path, bytes, ...facts, tokenizer: tokenizer && tokenizerFacts(tokenizer), warnings });
    else print(describe(path, bytes, facts, tokenizer));
    if (!json) printWarnings(warnings);
  } finally {
    await files.close();
  }
}

function tokenizerFacts({ vocabSize, bosToken, eosToken, specialTokens, chatTemplate: template }: Tokenizer) {
  return {
    vocabSize,
    bosToken,
    eosToken,
    specialTokens: specialTokens.length,
    hasChatTemplate: template !== null,
  };
}

function describe(path: string, bytes: number, facts: ModelFacts, tokenizer: Tokenizer | null): string {
  const dtypes = Object.entries(facts.dtypes).map(([dtype, count]) => `${dtype} ${formatCount(count)}`);
  const rows = [
    ['model', path],
    ['family', facts.scalarHead ? `${facts.family}, with a scalar head (reward model)` : facts.family],
    ['parameters', `${formatCount(facts.parameters)} (${dtypes.join(', ')})`],
    ['on disk', formatBytes(bytes)],
    ['layers', `${facts.layers} of width ${facts.hiddenSize}, feed-forward ${facts.intermediateSize}`],
    ['attention', `${facts.attentionHeads} heads, ${facts.keyValueHeads} for keys and values`],
    ['longest text', `${formatNumber(facts.maxPositionEmbeddings)} tokens`],
    [
      'embeddings',
      `${formatNumber(facts.vocabSize)} tokens, ${facts.tiedEmbeddings ? 'tied' : 'not tied'} to the output`,
    ],
  ];
  if (!tokenizer) return formatTable([...rows, ['tokenizer', 'none (no tokenizer.json)']]);
  const { vocabSize, bosToken, eosToken, specialTokens } = tokenizer;
  rows.push(
    ['tokenizer', `${formatNumber(vocabSize)} tokens, ${specialTokens.length} of them special`],
    ['begin, end', `${bosToken ?? 'none'}, ${eosToken ?? 'none'}`],
    ['chat template', exampleChat(tokenizer)],
  );
  return formatTable(rows);
}

/** An example of the model's chat template. */
function exampleChat(tokenizer: Tokenizer): string {
  if (tokenizer.chatTemplate === null) return 'none (choose one with --template)';
  const text = chatTemplate('model', tokenizer).render([{ role: 'user', content: 'Hello' }], {
    addGenerationPrompt: true,
  });
  return JSON.stringify(text);
}
