import type { ModelConfig } from '../config/model-config';
import type { WeightSource } from '../weights/weight-source';

/** The two files that describe a tokenizer in Hugging Face's layout. */
export interface TokenizerFiles {
  /** The text of tokenizer.json. */
  tokenizerJson: string;
  /** The parsed tokenizer_config.json, with `chat_template` and the special tokens */
  tokenizerConfig: Record<string, unknown>;
}

/** An opened model: everything about it but the weights is in memory. */
export interface ModelFiles {
  config: ModelConfig;
  /** Under canonical names, checked against the configuration. */
  weights: WeightSource;
  /** Null when the model comes without a tokenizer.json. */
  tokenizer: TokenizerFiles | null;
  /** generation_config.json */
  generationConfig: Record<string, unknown> | null;
  close(): Promise<void>;
}
