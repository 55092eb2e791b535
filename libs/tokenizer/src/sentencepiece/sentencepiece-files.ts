import { templateProcessor } from '../gguf/template-processor';
import { addedToken } from '../gguf/vocabulary';
import type { TokenizerFiles } from '../tokenizer';
import { mergesFromScores } from './merges';
import { PIECE, readSentencePieceModel, type SentencePieceModel } from './model';

const SPACE = '▁';

/** What the files beside tokenizer.model add to it. */
export interface SentencePieceSettings {
  /** tokenizer_config.json */
  config: Readonly<Record<string, unknown>>;
  /** added_tokens.json of older folders: ids by token. */
  addedTokens: Readonly<Record<string, unknown>>;
  /** The file, for messages. */
  where: string;
}

/**
 * Converts a tokenizer.model into the two files that Hugging Face's libraries read: BPE (LLaMA, Mistral) and Unigram models. The ids are
 * those of the sentencepiece library. BOS and EOS are added where `add_bos_token` and `add_eos_token` say so, as transformers does.
 *
 * @throws Error that names the file, when it is no such model
 */
export function sentencePieceFiles(file: Buffer, settings: SentencePieceSettings): TokenizerFiles {
  const { config, addedTokens, where } = settings;
  const model = readSentencePieceModel(file, where);
  if (model.kind === 'word' || model.kind === 'char' || model.suffixSpaces)
    throw new Error(
      `${where}: is a SentencePiece model of ${model.suffixSpaces ? 'words that end with their space' : `${model.kind}s`}, which is ` +
        'not supported; take the tokenizer.json of the model.',
    );
  const pieceAt = (id: number) => model.pieces[id]?.piece;
  const prefix = model.dummyPrefix && config['add_prefix_space'] !== false;
  const roles = {
    bos_token: pieceAt(model.bos),
    eos_token: pieceAt(model.eos),
    unk_token: pieceAt(model.unknown),
  };
  const pad = pieceAt(model.pad);
  const tokenizerConfig = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    ...roles,
    ...(pad === undefined ? {} : { pad_token: pad }),
    clean_up_tokenization_spaces: false,
    ...config,
  };
  const withId = (role: 'bos' | 'eos') => {
    const token = roles[`${role}_token`];
    return config[`add_${role}_token`] === true && token !== undefined ? { token, id: model[role] } : null;
  };
  const tokenizerJson = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [...special(model), ...addedLater(model, config, addedTokens)],
    normalizer: normalizer(model),
    pre_tokenizer: {
      type: 'Metaspace',
      replacement: SPACE,
      prepend_scheme: prefix ? scheme(model, config) : 'never',
      split: false,
    },
    post_processor: templateProcessor({ bos: withId('bos'), eos: withId('eos') }),
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: model.kind === 'bpe' ? bpe(model, where) : unigram(model),
  };
  return { tokenizerJson: JSON.stringify(tokenizerJson), tokenizerConfig };
}

/**
 * Where the space at the beginning goes. `first` looks at the place in the text before normalization, so it misses a text whose leading
 * spaces the model removes.
 */
function scheme({ removesExtraSpaces }: SentencePieceModel, config: Readonly<Record<string, unknown>>) {
  return removesExtraSpaces || config['legacy'] === true ? 'always' : 'first';
}

/** Control and unknown pieces are special; pieces that the trainer was given are not, and text contains them too. */
function special({ pieces }: SentencePieceModel) {
  const added: number[] = [PIECE.control, PIECE.unknown, PIECE.userDefined];
  return pieces.flatMap(({ piece, type }, id) =>
    added.includes(type) ? [addedToken(id, piece, type !== PIECE.userDefined)] : [],
  );
}

/** Tokens that were added to the model after its training, such as a padding token. */
function addedLater(
  { pieces }: SentencePieceModel,
  config: Readonly<Record<string, unknown>>,
  addedTokens: Readonly<Record<string, unknown>>,
) {
  const roles = ['bos_token', 'eos_token', 'unk_token', 'pad_token'].map((role) => contentOf(config[role]));
  const decoder = Object.entries((config['added_tokens_decoder'] ?? {}) as Record<string, unknown>);
  const listed = decoder.map(([id, token]) => ({
    id: Number(id),
    content: contentOf(token),
    special: (token as { special?: unknown } | null)?.special === true,
  }));
  const older = Object.entries(addedTokens).map(([content, id]) => ({
    id: Number(id),
    content,
    special: roles.includes(content),
  }));
  const known = new Set(pieces.map(({ piece }) => piece));
  return [...listed, ...older].flatMap(({ id, content, special: isSpecial }) => {
    if (typeof content !== 'string' || known.has(content)) return [];
    known.add(content);
    return [addedToken(id, content, isSpecial)];
  });
}

const contentOf = (token: unknown): unknown =>
  typeof token === 'object' && token !== null ? (token as { content?: unknown }).content : token;

function normalizer({ charsmap, removesExtraSpaces }: SentencePieceModel) {
  const steps = [
    ...(charsmap.length > 0
      ? [{ type: 'Precompiled', precompiled_charsmap: charsmap.toString('base64') }]
      : []),
    ...(removesExtraSpaces
      ? [
          { type: 'Strip', strip_left: true, strip_right: true },
          { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
        ]
      : []),
  ];
  return steps.length > 1 ? { type: 'Sequence', normalizers: steps } : (steps[0] ?? null);
}

function bpe({ pieces, unknown, byteFallback }: SentencePieceModel, where: string) {
  const tokens = pieces.map(({ piece }) => piece);
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const scores = pieces.map(({ score }) => score);
  return {
    type: 'BPE',
    dropout: null,
    unk_token: pieces[unknown]?.piece ?? null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: true,
    byte_fallback: byteFallback,
    ignore_merges: false,
    vocab: Object.fromEntries(ids),
    merges: mergesFromScores(tokens, ids, scores, where),
  };
}

function unigram({ pieces, unknown, byteFallback }: SentencePieceModel) {
  return {
    type: 'Unigram',
    unk_id: unknown,
    byte_fallback: byteFallback,
    vocab: pieces.map(({ piece, score }) => [piece, score]),
  };
}
