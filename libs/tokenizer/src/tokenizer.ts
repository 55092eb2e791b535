/** The two files that describe a tokenizer in the Hugging Face layout. */
export interface TokenizerFiles {
  /** The text of tokenizer.json. */
  tokenizerJson: string;
  /** The parsed tokenizer_config.json; `chat_template` may be merged in from chat_template.jinja. */
  tokenizerConfig: Record<string, unknown>;
  /** Files of the folder that disagree, and which of them is followed. */
  warnings?: readonly string[];
}

export interface LoadOptions {
  /** Number of rows of the model's embeddings. Tokens beyond them are never chosen for padding. */
  rows?: number;
}

export interface EncodeOptions {
  /** Add the tokens of the post-processor (for LLaMA a leading BOS). Default false. */
  addSpecialTokens?: boolean;
  /**
   * Encode the text of special tokens as those tokens. Default false: `</s>` from a user becomes ordinary characters. Use it
   * only for text of a template or a developer, never of a user.
   */
  parseSpecialTokens?: boolean;
  /** The text continues other text: omit the leading space that the tokenizer would add (SentencePiece). Not for special tokens. */
  continuation?: boolean;
}

export interface DecodeOptions {
  /** Omit special tokens from the text. Default false. */
  skipSpecialTokens?: boolean;
}

/** A text is refused by its length, without being encoded. */
export class TextTooLong extends Error {
  override readonly name = 'TextTooLong';

  constructor(bytes: number, fewestTokens: number, mostTokens: number) {
    super(
      `the text has ${bytes} bytes, which are at least ${fewestTokens} tokens; shorten it to the ${mostTokens} that are accepted`,
    );
  }
}

/** Text to token ids and back. Asynchronous, because the native library uses its own threads. */
export interface Tokenizer {
  backend: 'native' | 'pure';
  /** Highest id + 1: the smallest number of embedding rows for all tokens. */
  vocabSize: number;
  bosTokenId: number | null;
  eosTokenId: number | null;
  /** Never the EOS id; null when the vocabulary has no suitable token. */
  padTokenId: number | null;
  bosToken: string | null;
  eosToken: string | null;
  /** Whether the tokenizer's post-processor adds a leading BOS (LLaMA does, GPT-2 does not). */
  addsBos: boolean;
  /** Whether only the first segment of a text has the prefix space, not each segment after a special token (SentencePiece). */
  prefixesFirstPieceOnly: boolean;
  /** The text of every special token. */
  specialTokens: readonly string[];
  /** Whether the tokens of every text decode to exactly that text (byte-level tokenizers without normalization). */
  keepsEveryText: boolean;
  /** The special tokens that absorb the blanks before or after them (`lstrip` and `rstrip` of tokenizer.json). */
  stripsBefore: ReadonlySet<string>;
  stripsAfter: ReadonlySet<string>;
  /** The model's own Jinja chat template. */
  chatTemplate: string | null;
  files: TokenizerFiles;
  /** What disagrees in the files, and with the model's embeddings. */
  warnings: readonly string[];
  /**
   * Refuses a text that is far too long, from its length alone: no token stands for more bytes than the longest one.
   * @throws TextTooLong when the text has more than `mostTokens` for sure
   */
  checkLength(text: string, mostTokens: number): void;
  encode(text: string, options?: EncodeOptions): Promise<number[]>;
  encodeBatch(texts: readonly string[], options?: EncodeOptions): Promise<number[][]>;
  /** Ids without a token (a model may have more embedding rows than tokens) decode to nothing. */
  decode(ids: readonly number[], options?: DecodeOptions): Promise<string>;
  tokenToId(token: string): number | null;
  idToToken(id: number): string | null;
}
