import { ModelFileError } from '../weights/model-file-error';
import type { ModelParts } from './byte-level-tokenizer';
import type { GgufMetadata } from './metadata';
import { specialToken, type Vocabulary } from './vocabulary';

const SPACE = '▁';

/**
 * The SentencePiece BPE of LLaMA 1 and 2 (`tokenizer.ggml.model` = llama), as the BPE with byte fallback that
 * transformers makes of it.
 */
export function sentencePieceTokenizer(metadata: GgufMetadata, vocabulary: Vocabulary): ModelParts {
  const scores = metadata.require('tokenizer.ggml.scores', metadata.numbers('tokenizer.ggml.scores'));
  if (scores.length !== vocabulary.tokens.length)
    throw new ModelFileError(
      metadata.where,
      `metadata "tokenizer.ggml.scores" has ${scores.length} entries for ${vocabulary.tokens.length} tokens`,
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
      merges: mergesFromScores(vocabulary, scores),
    },
    addsBos: true,
    postProcessor: null,
  };
}

/**
 * SentencePiece keeps no merges, only a score for each piece; every way to make a piece of two others is a merge, the
 * best score first (as transformers' SentencePieceExtractor does).
 */
export function mergesFromScores({ tokens, ids }: Vocabulary, scores: readonly number[]): [string, string][] {
  const merges = tokens.flatMap((token, id) => {
    const splits = splitsOf(token, ids).sort((a, b) => a.leftId - b.leftId || a.rightId - b.rightId);
    return splits.map(({ left, right }) => ({ left, right, score: scores[id] }));
  });
  merges.sort((a, b) => b.score - a.score); // stable: equal scores stay in the order of the pieces' ids
  return merges.map(({ left, right }) => [left, right]);
}

function splitsOf(token: string, ids: ReadonlyMap<string, number>) {
  const splits: { left: string; right: string; leftId: number; rightId: number }[] = [];
  let at = 0;
  for (const character of token) {
    at += character.length;
    const [left, right] = [token.slice(0, at), token.slice(at)];
    const [leftId, rightId] = [ids.get(left), ids.get(right)];
    if (leftId !== undefined && rightId !== undefined && right !== '')
      splits.push({ left, right, leftId, rightId });
  }
  return splits;
}
