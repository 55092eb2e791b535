import { mkdirSync } from 'node:fs';
import { allocateBase, initializeWeights, parseModelConfig, writeModelFolder } from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import { byteLevelJson, loadTokenizer } from '@open-chatgpt/tokenizer';

/** Writes a model of one layer with random weights, and one token a byte. @returns its folder */
export async function writeTinyModel(folder) {
  mkdirSync(folder, { recursive: true });
  const tokenizerFiles = bytesAsTokens();
  const tokenizer = await loadTokenizer(tokenizerFiles);
  const fields = {
    model_type: 'llama',
    vocab_size: tokenizer.vocabSize,
    hidden_size: 16,
    intermediate_size: 32,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    max_position_embeddings: 256,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
    hidden_act: 'silu',
    bos_token_id: tokenizer.bosTokenId,
    eos_token_id: tokenizer.eosTokenId,
    pad_token_id: tokenizer.padTokenId,
  };
  const config = parseModelConfig(fields, 'tiny');
  const weights = allocateBase(config, false);
  initializeWeights(weights, createRng(1), config.numHiddenLayers, 0.6);
  await writeModelFolder(folder, { config, tensors: weights.all, dtype: 'F32', tokenizer: tokenizerFiles });
  return folder;
}

/** GPT-2's alphabet has one printable character for each byte. */
function bytesAsTokens() {
  const isPrintable = (byte) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  let next = 256;
  const tokens = Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(isPrintable(byte) ? byte : next++),
  );
  const vocab = Object.fromEntries([...tokens, END].map((token, id) => [token, id]));
  const tokenizerConfig = { bos_token: END, eos_token: END, pad_token: END, chat_template: CHAT_TEMPLATE };
  const json = byteLevelJson({ vocab, merges: '', config: tokenizerConfig, addedTokens: {}, qwen: false });
  return { tokenizerJson: json, tokenizerConfig };
}

const END = '<|endoftext|>';
const CHAT_TEMPLATE =
  "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\\n' }}{% endfor %}";
