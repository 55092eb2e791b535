import { mergesFromScores } from '../sentencepiece/merges';
import type { ModelParts } from './byte-level-tokenizer';
import { type GgufMetadata, required } from './gguf-metadata';
import { specialToken, type Vocabulary } from './vocabulary';

const SPACE = '▁';

/**
 * The SentencePiece BPE of LLaMA 1 and 2 (`tokenizer.ggml.model` = llama), converted to a BPE with byte fallback as
 * transformers does.
 */
export function sentencePieceTokenizer(metadata: GgufMetadata, vocabulary: Vocabulary): ModelParts {
  const scores = required(metadata, 'tokenizer.ggml.scores', metadata.numbers('tokenizer.ggml.scores'));
  if (scores.length !== vocabulary.tokens.length)
    throw new Error(
      `${metadata.where}: metadata "tokenizer.ggml.scores" has ${scores.length} entries for ${vocabulary.tokens.length} tokens`,
    );
  const prefix = metadata.boolean('tokenizer.ggml.add_space_prefix') ?? true;
  const spaces = { type: 'Replace', pattern: { String: ' ' }, content: SPACE };
  return {
    normalizer: prefix
      ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: SPACE }, spaces] }
      : spaces,
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: specialToken(metadata, vocabulary, 'unknown'),
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(vocabulary.ids),
      merges: mergesFromScores(vocabulary.tokens, vocabulary.ids, scores, metadata.where),
    },
    addsBos: true,
    postProcessor: null,
  };
}
