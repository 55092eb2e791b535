import type { GgufMetadata } from './metadata';

/** Metadata that name a token at which an answer ends. */
const KEYS = ['eos', 'eot', 'eom'].map((role) => `tokenizer.ggml.${role}_token_id`);

/** Tokens that end a turn in the formats of public models. llama.cpp stops at each of them, whatever the metadata name. */
const TEXTS = new Set([
  '<|eot_id|>',
  '<|eom_id|>',
  '<|im_end|>',
  '<|end|>',
  '<|return|>',
  '<|call|>',
  '<end_of_turn>',
  '<|endoftext|>',
  '<|end_of_text|>',
  '<end_of_utterance>',
  '<EOT>',
  '_<EOT>',
]);

/** The tokens at which llama.cpp ends an answer (`special_eog_ids` in llama-vocab.cpp), in the order of their ids. */
export function ggufEndTokens(metadata: GgufMetadata): number[] {
  const named = KEYS.map((key) => metadata.number(key)).filter((id) => id !== undefined);
  const byText = (metadata.strings('tokenizer.ggml.tokens') ?? []).flatMap((token, id) =>
    TEXTS.has(token) ? [id] : [],
  );
  return [...new Set([...named, ...byText])].sort((a, b) => a - b);
}
