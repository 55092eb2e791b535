import { allocateModel, initializeWeights, parseModelConfig, writeModelFolder } from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import { ggufTokenizer, type TokenizerFiles } from '@open-chatgpt/tokenizer';

export const FAMILIES = ['llama', 'mistral', 'qwen2', 'qwen3', 'gpt2'] as const;

/** GPT-2's alphabet: one printable character for each byte. */
const ALPHABET = Array.from({ length: 256 }, (_, byte) => {
  const printable = (one: number) => (one >= 33 && one <= 126) || (one >= 161 && one !== 173);
  const before = Array.from({ length: byte }, (_unused, one) => one).filter((one) => !printable(one)).length;
  return String.fromCharCode(printable(byte) ? byte : 256 + before);
});
const SPECIAL = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
const MERGES = ['t h', 'th e', 'Ġ the', 'Ġ a', 'i n', 'in g', 'Ġ 1', '1 2', 'Ã ©'];
const CHAT_TEMPLATE =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/** A byte-level tokenizer with a few merges, which splits words like one of llama.cpp's. */
function byteLevelTokenizer(pre: string): TokenizerFiles {
  const merged = MERGES.map((merge) => merge.replace(' ', ''));
  const tokens = [...SPECIAL, ...ALPHABET, ...merged.filter((token, i) => merged.indexOf(token) === i)];
  const strings: Record<string, string[]> = {
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.merges': MERGES,
  };
  const numbers: Record<string, number> = {
    'tokenizer.ggml.bos_token_id': 1,
    'tokenizer.ggml.eos_token_id': 2,
    'tokenizer.ggml.padding_token_id': 0,
  };
  const texts: Record<string, string> = {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': pre,
    'tokenizer.chat_template': CHAT_TEMPLATE,
  };
  return ggufTokenizer({
    where: 'byte-level tokenizer',
    number: (key) => numbers[key],
    boolean: (key) => (key.endsWith('add_bos_token') ? false : undefined),
    string: (key) => texts[key],
    numbers: () => tokens.map((_, id) => (id < SPECIAL.length ? 3 : 1)),
    strings: (key) => strings[key],
  });
}

/** Writes a model with random weights that are large enough for clear choices; its rows have blocks of every quantization. */
export async function byteLevelModel(
  folder: string,
  family: (typeof FAMILIES)[number],
  pre = 'smollm',
): Promise<void> {
  const tokenizer = byteLevelTokenizer(pre);
  const vocabSize = Object.keys(JSON.parse(tokenizer.tokenizerJson).model.vocab).length;
  const common = {
    model_type: family,
    vocab_size: vocabSize,
    bos_token_id: 1,
    eos_token_id: 2,
    pad_token_id: 0,
  };
  const config = parseModelConfig(
    family === 'gpt2'
      ? { ...common, n_embd: 256, n_layer: 2, n_head: 4, n_positions: 128 }
      : {
          ...common,
          hidden_size: 256,
          intermediate_size: 512,
          num_hidden_layers: 2,
          num_attention_heads: 4,
          num_key_value_heads: 2,
          head_dim: 64,
          max_position_embeddings: 128,
          tie_word_embeddings: family !== 'mistral',
          ...(family === 'mistral' && { sliding_window: null }),
          ...(family === 'llama' && { attention_bias: true }),
        },
    family,
  );
  const model = allocateModel(config);
  initializeWeights(model.trained, createRng(11), config.numHiddenLayers, 0.15);
  // Biases and norms that are not zero and one, so that a lost one shows.
  const rng = createRng(12);
  for (const { shape, data } of model.trained.all)
    if (shape.length === 1) for (let i = 0; i < data.length; i++) data[i] += 0.1 * rng.normal();
  await writeModelFolder(folder, { config, tensors: model.trained.all, dtype: 'F32', tokenizer });
}
