/** The two files that describe a tokenizer in the Hugging Face layout. */
export interface TokenizerFiles {
  /** The text of tokenizer.json. */
  tokenizerJson: string;
  /** The parsed tokenizer_config.json; `chat_template` may be merged in from chat_template.jinja. */
  tokenizerConfig: Record<string, unknown>;
}

export interface EncodeOptions {
  /** Let the tokenizer add what its post-processor adds (for LLaMA a BOS in front). Default false. */
  addSpecialTokens?: boolean;
  /**
   * Read the text of special tokens as the tokens. Default false: text is text, and a user who types `</s>` gets
   * ordinary characters. Only for text that comes from a template or a developer, never from a user.
   */
  parseSpecialTokens?: boolean;
  /** The text continues other text: add no space in front, where the tokenizer otherwise would (SentencePiece). */
  continuation?: boolean;
}

export interface DecodeOptions {
  /** Leave special tokens out of the text. Default false. */
  skipSpecialTokens?: boolean;
}

/** Text to token ids and back. Everything is asynchronous because the native library works on its own threads. */
export interface Tokenizer {
  backend: 'native' | 'pure';
  /** Highest id + 1: the smallest number of embedding rows that serves every token. */
  vocabSize: number;
  bosTokenId: number | null;
  eosTokenId: number | null;
  /** Never the EOS id; null when the vocabulary has no token that could serve. */
  padTokenId: number | null;
  bosToken: string | null;
  eosToken: string | null;
  /** True when the tokenizer's own post-processor puts a BOS in front, as LLaMA's does and GPT-2's does not. */
  addsBos: boolean;
  /** Only a text's first piece gets the prefix space, not each piece after a special token (SentencePiece, new style). */
  prefixesFirstPieceOnly: boolean;
  /** The text of every special token. */
  specialTokens: readonly string[];
  /** The model's own Jinja chat template. */
  chatTemplate: string | null;
  files: TokenizerFiles;
  encode(text: string, options?: EncodeOptions): Promise<number[]>;
  encodeBatch(texts: readonly string[], options?: EncodeOptions): Promise<number[][]>;
  /** Ids without a token (a model may have more embedding rows than tokens) decode to nothing. */
  decode(ids: readonly number[], options?: DecodeOptions): Promise<string>;
  tokenToId(token: string): number | null;
  idToToken(id: number): string | null;
}
