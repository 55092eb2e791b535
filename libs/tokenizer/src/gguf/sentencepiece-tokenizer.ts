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
      merges: mergesFromScores(vocabulary, scores),
    },
    addsBos: true,
    postProcessor: null,
  };
}

/**
 * Derives the merges. SentencePiece stores a score for each piece instead: every split of a piece into two other pieces
 * is a merge, ordered by descending score (SentencePieceExtractor of transformers).
 */
function mergesFromScores({ tokens, ids }: Vocabulary, scores: readonly number[]): [string, string][] {
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
