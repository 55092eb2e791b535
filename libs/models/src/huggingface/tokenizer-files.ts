import { join } from 'node:path';
import {
  byteLevelJson,
  completeTokenizerConfig,
  sentencePieceFiles,
  type TokenizerFiles,
} from '@open-chatgpt/tokenizer';
import { writeFileAtomically, writeJsonAtomically } from '../weights/atomic-file';
import { readBytesIfPresent, readObjectIfPresent, readTextIfPresent } from './read-json';

/**
 * Reads the tokenizer of a folder: tokenizer.json, or else tokenizer.model (SentencePiece) or vocab.json with merges.txt, and the files
 * beside it that say which tokens begin and end a text, and the chat template (`completeTokenizerConfig` says which is followed).
 */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles | null> {
  const json = (name: string) => readObjectIfPresent(join(folder, name));
  const tokenizerConfig = await json('tokenizer_config.json');
  const modelConfig = await json('config.json');
  const found =
    (await readWhole(folder, tokenizerConfig)) ??
    (await readSentencePiece(folder, tokenizerConfig ?? {})) ??
    (await readVocabulary(folder, tokenizerConfig ?? {}, modelConfig));
  return (
    found &&
    completeTokenizerConfig({
      ...found,
      specialTokensMap: await json('special_tokens_map.json'),
      chatTemplate: await readTextIfPresent(join(folder, 'chat_template.jinja')),
      modelConfig,
    })
  );
}

interface Found {
  tokenizerJson: string;
  tokenizerConfig: Record<string, unknown> | null;
}

async function readWhole(
  folder: string,
  tokenizerConfig: Record<string, unknown> | null,
): Promise<Found | null> {
  const tokenizerJson = await readTextIfPresent(join(folder, 'tokenizer.json'));
  return tokenizerJson === null ? null : { tokenizerJson, tokenizerConfig };
}

async function readSentencePiece(folder: string, config: Record<string, unknown>): Promise<Found | null> {
  const path = join(folder, 'tokenizer.model');
  const file = await readBytesIfPresent(path);
  if (file === null) return null;
  const addedTokens = (await readObjectIfPresent(join(folder, 'added_tokens.json'))) ?? {};
  return sentencePieceFiles(file, { config, addedTokens, where: path });
}

async function readVocabulary(
  folder: string,
  tokenizerConfig: Record<string, unknown>,
  modelConfig: Record<string, unknown> | null,
): Promise<Found | null> {
  const vocab = await readObjectIfPresent(join(folder, 'vocab.json'));
  const merges = await readTextIfPresent(join(folder, 'merges.txt'));
  if (vocab === null || merges === null) return null;
  const specialTokensMap = await readObjectIfPresent(join(folder, 'special_tokens_map.json'));
  // The special tokens are looked up in the vocabulary before there is a tokenizer.json.
  const tokenizerJson = JSON.stringify({ model: { vocab } });
  const described = { tokenizerJson, tokenizerConfig, specialTokensMap, modelConfig, chatTemplate: null };
  const { tokenizerConfig: config } = completeTokenizerConfig(described);
  const addedTokens = (await readObjectIfPresent(join(folder, 'added_tokens.json'))) ?? {};
  const qwen =
    /^Qwen/.test(String(config['tokenizer_class'] ?? '')) ||
    /^qwen/.test(String(modelConfig?.['model_type']));
  return { tokenizerJson: byteLevelJson({ vocab, merges, config, addedTokens, qwen }), tokenizerConfig };
}

/** Writes the same files. The chat template goes to both files, because older readers ignore the .jinja file. */
export async function writeTokenizerFiles(folder: string, tokenizer: TokenizerFiles): Promise<void> {
  await writeFileAtomically(join(folder, 'tokenizer.json'), (file) =>
    file.writeFile(tokenizer.tokenizerJson),
  );
  await writeJsonAtomically(join(folder, 'tokenizer_config.json'), tokenizer.tokenizerConfig);
  const template = tokenizer.tokenizerConfig['chat_template'];
  if (typeof template === 'string')
    await writeFileAtomically(join(folder, 'chat_template.jinja'), (file) => file.writeFile(template));
}
