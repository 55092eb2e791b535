import { join } from 'node:path';
import { createRng } from '@open-chatgpt/random';
import { buildTokenizer, loadTokenizer, type TokenizerFiles } from '@open-chatgpt/tokenizer';
import { parseModelConfig } from '../config/parse-model-config';
import { writeModelFolder } from '../huggingface/write-model-folder';
import { initializeWeights } from '../model/initialize';
import { allocateBase } from '../model/model';

const CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:?!'é你好";

export interface TinyModelOptions {
  /** The longest sequence, in tokens; 256 by default. */
  maxLength?: number;
  /** By default one with a token for each of a few characters. */
  tokenizer?: TokenizerFiles;
}

/** Writes a LLaMA with random weights of this seed to a folder in `folder`. @returns its path */
export async function writeTinyModel(
  folder: string,
  seed: number,
  { maxLength = 256, tokenizer: files = buildTokenizer(CHARACTERS) }: TinyModelOptions = {},
): Promise<string> {
  const tokenizer = await loadTokenizer(files);
  const config = parseModelConfig(
    {
      model_type: 'llama',
      vocab_size: tokenizer.vocabSize,
      hidden_size: 32,
      intermediate_size: 64,
      num_hidden_layers: 2,
      num_attention_heads: 2,
      num_key_value_heads: 1,
      max_position_embeddings: maxLength,
      rms_norm_eps: 1e-5,
      tie_word_embeddings: false,
      hidden_act: 'silu',
      bos_token_id: tokenizer.bosTokenId,
      eos_token_id: tokenizer.eosTokenId,
      pad_token_id: tokenizer.padTokenId,
    },
    'tiny',
  );
  const weights = allocateBase(config, false);
  initializeWeights(weights, createRng(seed), config.numHiddenLayers, 0.6);
  const path = join(folder, `tiny-${seed}`);
  await writeModelFolder(path, { config, tensors: weights.all, dtype: 'F32', tokenizer: files });
  return path;
}
