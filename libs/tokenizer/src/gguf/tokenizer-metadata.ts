import { chatTemplate } from '../chat-templates/chat-templates';
import type { Tokenizer } from '../tokenizer';
import { type AddedToken, parseTokenizerJson, type TokenizerJson } from '../tokenizer-json';
import type { GgufMetadataEntry } from './metadata-entry';
import { preTokenizerName } from './pre-tokenizer-name';
import { sentencePieceScores } from './sentencepiece-scores';
import { BYTE, CONTROL, NORMAL, UNKNOWN, UNUSED, USER_DEFINED } from './token-types';

export interface TokenizerMetadata {
  entries: GgufMetadataEntry[];
  /** What llama.cpp does otherwise than this tokenizer; one sentence each. */
  warnings: string[];
}

const SPACE = '▁';
const BYTE_TOKEN = /^<0x[0-9A-Fa-f]{2}>$/;

/**
 * The metadata of a GGUF file for a tokenizer: the inverse of `ggufTokenizer`, with the chat template.
 *
 * @param vocabSize number of embeddings; llama.cpp wants a token for each
 * @param eosTokenIds the tokens that end an answer, by the configuration of the model
 * @throws Error that names what of the tokenizer llama.cpp does not have
 */
export async function tokenizerMetadata(
  tokenizer: Tokenizer,
  vocabSize: number,
  eosTokenIds: readonly number[],
): Promise<TokenizerMetadata> {
  const json = parseTokenizerJson(tokenizer.files.tokenizerJson);
  checkModel(json);
  if (tokenizer.vocabSize > vocabSize)
    throw refused(
      `the tokenizer has ${tokenizer.vocabSize} tokens and the model ${vocabSize} embeddings; llama.cpp wants one for each`,
    );
  const { tokens, types } = vocabulary(json, vocabSize);
  const sentencePiece = json.model.byte_fallback === true;
  const kind = sentencePiece ? sentencePieceEntries(json, tokens) : byteLevelEntries(json);
  const encoded = await tokenizer.encode('a', { addSpecialTokens: true });
  const addsEos = tokenizer.eosTokenId !== null && encoded.at(-1) === tokenizer.eosTokenId;
  return {
    entries: [
      ...kind.entries,
      { key: 'tokenizer.ggml.tokens', type: 'string', value: tokens },
      { key: 'tokenizer.ggml.token_type', type: 'i32', value: types },
      ...specialTokens(tokenizer, eosTokenIds, json.model.unk_token ?? null),
      { key: 'tokenizer.ggml.add_bos_token', type: 'bool', value: tokenizer.addsBos },
      { key: 'tokenizer.ggml.add_eos_token', type: 'bool', value: addsEos },
      ...(tokenizer.chatTemplate === null
        ? []
        : [{ key: 'tokenizer.chat_template', type: 'string' as const, value: tokenizer.chatTemplate }]),
    ],
    warnings: kind.warnings,
  };
}

const refused = (reason: string): Error => new Error(`GGUF cannot carry this tokenizer: ${reason}`);

function checkModel({ model }: TokenizerJson): void {
  if (model.type !== undefined && model.type !== 'BPE')
    throw refused(
      `its model is ${model.type}; only BPE (byte-level, or SentencePiece's with byte fallback) is written`,
    );
  if (model.dropout) throw refused('it drops merges at random ("dropout")');
  if (model.continuing_subword_prefix || model.end_of_word_suffix)
    throw refused('it marks words with a prefix or suffix (continuing_subword_prefix, end_of_word_suffix)');
}

function vocabulary(json: TokenizerJson, vocabSize: number): { tokens: string[]; types: number[] } {
  const tokens = Array.from({ length: vocabSize }, (_, id) => `[PAD${id}]`);
  const types = Array<number>(vocabSize).fill(UNUSED);
  for (const [token, id] of Object.entries(json.model.vocab as Record<string, number>)) {
    tokens[id] = token;
    types[id] = json.model.byte_fallback && BYTE_TOKEN.test(token) ? BYTE : NORMAL;
  }
  for (const { id, content, special } of json.added_tokens ?? []) {
    tokens[id] = special ? content : content.replaceAll(SPACE, ' ');
    types[id] = special ? CONTROL : USER_DEFINED;
  }
  const unknown = json.model.unk_token ? tokens.indexOf(json.model.unk_token) : -1;
  if (unknown >= 0) types[unknown] = UNKNOWN;
  return { tokens, types };
}

interface Kind {
  entries: GgufMetadataEntry[];
  warnings: string[];
}

function byteLevelEntries(json: TokenizerJson): Kind {
  const name = preTokenizerName(json);
  if (name === null) throw refused(describeUnknown(json));
  const merges = (json.model.merges ?? []).map((merge) =>
    typeof merge === 'string' ? merge : merge.join(' '),
  );
  return {
    entries: [
      { key: 'tokenizer.ggml.model', type: 'string', value: 'gpt2' },
      { key: 'tokenizer.ggml.pre', type: 'string', value: name },
      { key: 'tokenizer.ggml.merges', type: 'string', value: merges },
    ],
    warnings: unusualTokens(json.added_tokens ?? []),
  };
}

function describeUnknown({ pre_tokenizer, normalizer }: TokenizerJson): string {
  if (normalizer && normalizer.type !== 'NFC')
    return `it changes text before it splits it (${normalizer.type}), which llama.cpp does not do for byte-level BPE`;
  const steps = (pre_tokenizer?.['pretokenizers'] as { type: string }[] | undefined) ?? [pre_tokenizer];
  const types = steps.map((step) => step?.type ?? 'none');
  if (!types.includes('ByteLevel'))
    return (
      `its tokens are characters and not bytes (pre-tokenizer ${types.join(', ')}; no byte fallback), so llama.cpp could not ` +
      'read a character that is no token; only byte-level BPE and SentencePiece BPE with byte fallback are written'
    );
  return (
    `its pre-tokenizer (${types.join(', ')}) splits words otherwise than those of GPT-2, SmolLM, LLaMA 3 and Qwen 2, which are ` +
    'written'
  );
}

function unusualTokens(added: readonly AddedToken[]): string[] {
  const stripping = added.filter(({ lstrip, rstrip }) => lstrip || rstrip).map(({ content }) => content);
  if (stripping.length === 0) return [];
  return [
    `the tokens ${stripping
      .slice(0, 3)
      .map((token) => JSON.stringify(token))
      .join(', ')} take the blanks beside them (lstrip, rstrip), ` +
      'which a GGUF file does not say; llama.cpp leaves these blanks',
  ];
}

function sentencePieceEntries(json: TokenizerJson, tokens: readonly string[]): Kind {
  const { scores, prefix, firstOnly } = sentencePieceScores(json, tokens, refused);
  return {
    entries: [
      { key: 'tokenizer.ggml.model', type: 'string', value: 'llama' },
      { key: 'tokenizer.ggml.pre', type: 'string', value: 'default' },
      { key: 'tokenizer.ggml.scores', type: 'f32', value: scores },
      { key: 'tokenizer.ggml.add_space_prefix', type: 'bool', value: prefix },
    ],
    warnings: firstOnly
      ? [
          'the tokenizer puts a blank before the first word of a text only; llama.cpp puts one after each special token too',
        ]
      : [],
  };
}

function specialTokens(
  tokenizer: Tokenizer,
  eosTokenIds: readonly number[],
  unknownToken: string | null,
): GgufMetadataEntry[] {
  const turnEnds = tokenizer.chatTemplate === null ? [] : chatTemplate('model', tokenizer).stopTokenIds;
  const eos = tokenizer.eosTokenId ?? eosTokenIds[0] ?? null;
  const [eot, eom] = [...new Set([...turnEnds, ...eosTokenIds])].filter((id) => id !== eos);
  const ids = {
    bos: tokenizer.bosTokenId,
    eos,
    eot,
    eom,
    unknown: unknownToken === null ? null : tokenizer.tokenToId(unknownToken),
    padding: tokenizer.padTokenId,
  };
  return Object.entries(ids).flatMap(([role, id]) =>
    id === null || id === undefined
      ? []
      : [{ key: `tokenizer.ggml.${role}_token_id`, type: 'u32' as const, value: id }],
  );
}
