import {
  allocateModel,
  initializeScoreHead,
  initializeWeights,
  type Model,
  parseModelConfig,
} from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import { buildTokenizer, chatTemplate, loadTokenizer } from '@open-chatgpt/tokenizer';
import { RewardScorer } from '../algorithms/reward/scorer';
import type { BaseModel } from '../pipeline/base-model';
import { exportModel } from '../pipeline/export-model';

/** A base whose files say something else of padding than training does, or nothing. */
export interface PaddingCase {
  name: string;
  family: 'llama' | 'mistral' | 'qwen2' | 'qwen3' | 'gpt2' | 'opt';
  /** Special tokens in the order of their ids; the characters a to j follow. */
  special: string[];
  bos?: string;
  eos: string;
  /** pad_token of tokenizer_config.json. */
  pad?: string;
  /** pad_token_id of config.json. */
  padTokenId: number | null;
  /** Embeddings beyond the tokens. */
  spare?: number;
  paddingSide?: 'left';
}

/** Bases of the kinds that people have; the first is like SmolLM2, the second like GPT-2. */
export const PADDING_CASES: readonly PaddingCase[] = [
  {
    name: 'LLaMA, EOS is the padding',
    family: 'llama',
    special: ['<|endoftext|>', '<|im_start|>', '<|im_end|>', '<repo_name>'],
    bos: '<|im_start|>',
    eos: '<|im_end|>',
    pad: '<|im_end|>',
    padTokenId: 2,
  },
  {
    name: 'GPT-2, EOS is the only special token',
    family: 'gpt2',
    special: ['<|endoftext|>'],
    bos: '<|endoftext|>',
    eos: '<|endoftext|>',
    padTokenId: null,
  },
  {
    name: 'GPT-2, EOS is the padding, on the left',
    family: 'gpt2',
    special: ['<|endoftext|>'],
    eos: '<|endoftext|>',
    pad: '<|endoftext|>',
    padTokenId: 0,
    paddingSide: 'left',
  },
  {
    name: 'Qwen2, more embeddings than tokens',
    family: 'qwen2',
    special: ['<|im_end|>'],
    eos: '<|im_end|>',
    padTokenId: 0,
    spare: 3,
  },
  {
    name: 'Qwen3, padding of its own',
    family: 'qwen3',
    special: ['<|endoftext|>', '<|im_start|>', '<|im_end|>'],
    eos: '<|im_end|>',
    pad: '<|endoftext|>',
    padTokenId: 0,
  },
  {
    name: 'Mistral, only an unknown token, on the left',
    family: 'mistral',
    special: ['<unk>', '<s>', '</s>'],
    bos: '<s>',
    eos: '</s>',
    padTokenId: null,
    paddingSide: 'left',
  },
  {
    name: 'OPT, config.json and tokenizer disagree',
    family: 'opt',
    special: ['<s>', '<pad>', '</s>'],
    bos: '<s>',
    eos: '</s>',
    pad: '<pad>',
    padTokenId: 2,
  },
];

/** Without blanks, which transformers treats by the family of the model and not by tokenizer.json. */
export const PADDING_TEXTS = [
  'ab',
  'abcdefghij',
  'cdjihgfe',
  'a',
  'badge',
  'hijackbadgebed',
  'j',
  'feedabee',
];

const CHAT_TEMPLATE =
  "{% for message in messages %}{{ message['content'] }}{% if message['role'] == 'assistant' %}{{ eos_token }}" +
  '{% endif %}{% endfor %}';

/** The base of a case with random weights. */
export async function paddingBase(one: PaddingCase): Promise<BaseModel> {
  const files = buildTokenizer('abcdefghijk ');
  const json = JSON.parse(files.tokenizerJson);
  const ordinary = Object.keys(json.model.vocab).filter((token) => [...token].length === 1);
  const tokens = [...one.special, ...ordinary];
  json.model.vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  json.model.unk_token = one.special.includes('<unk>') ? '<unk>' : null;
  const [shape] = json.added_tokens;
  json.added_tokens = one.special.map((content, id) => ({ ...shape, id, content }));
  const tokenizer = await loadTokenizer({
    tokenizerJson: JSON.stringify(json),
    tokenizerConfig: {
      tokenizer_class: 'PreTrainedTokenizerFast',
      chat_template: CHAT_TEMPLATE,
      eos_token: one.eos,
      ...(one.bos && { bos_token: one.bos }),
      ...(one.pad && { pad_token: one.pad }),
      ...(one.paddingSide && { padding_side: one.paddingSide }),
    },
  });
  const config = parseModelConfig(configOf(one, tokenizer.vocabSize + (one.spare ?? 0)), one.name);
  const model = allocateModel(config);
  initializeWeights(model.trained, createRng(3), 1, 0.3);
  const template = chatTemplate('model', tokenizer);
  return {
    config,
    weights: model.trained,
    tokenizer,
    template,
    generationConfig: { pad_token_id: one.padTokenId },
    warnings: [],
  };
}

function configOf(
  { family, padTokenId, special, eos }: PaddingCase,
  vocabSize: number,
): Record<string, unknown> {
  const common = {
    model_type: family,
    vocab_size: vocabSize,
    bos_token_id: null,
    eos_token_id: special.indexOf(eos),
    pad_token_id: padTokenId,
  };
  if (family === 'gpt2') return { ...common, n_embd: 16, n_layer: 2, n_head: 2, n_positions: 32 };
  const sizes = {
    hidden_size: 16,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    max_position_embeddings: 32,
  };
  if (family === 'opt') return { ...common, ...sizes, ffn_dim: 24, word_embed_proj_dim: 16 };
  return {
    ...common,
    ...sizes,
    intermediate_size: 24,
    num_key_value_heads: 1,
    head_dim: 8,
    tie_word_embeddings: false,
    ...(family === 'mistral' && { sliding_window: null }),
  };
}

/** Exports a reward model on a base. @returns token ids that end with EOS, and their scores */
export async function exportRewardModel(
  folder: string,
  base: BaseModel,
  texts = PADDING_TEXTS,
): Promise<{ ids: number[][]; scores: number[] }> {
  const model: Model = allocateModel(base.config, { scalarHead: true });
  for (const { name, data } of model.trained.all)
    if (base.weights.has(name)) data.set(base.weights.get(name).data);
  initializeScoreHead(model.trained, createRng(4));
  await exportModel(folder, model, base, { baseName: 'base' });
  const { tokenizer, config } = base;
  const ids = await Promise.all(
    texts.map(async (text) => [...(await tokenizer.encode(text)), tokenizer.eosTokenId!]),
  );
  const maxLength = config.maxPositionEmbeddings;
  const scorer = new RewardScorer(model, { batchSize: 4, maxLength, padTokenId: tokenizer.padTokenId });
  return { ids, scores: [...(await scorer.score(ids))] };
}
