import type { TokenizerFiles } from '@open-chatgpt/tokenizer';
import type { ModelConfig } from '../config/model-config';
import type { WeightSource } from '../weights/weight-source';

/** An opened model. Everything but the weights is in memory. */
export interface ModelFiles {
  config: ModelConfig;
  /** Under canonical names, checked against the configuration. */
  weights: WeightSource;
  /** null when the model has no tokenizer.json. */
  tokenizer: TokenizerFiles | null;
  /** generation_config.json */
  generationConfig: Record<string, unknown> | null;
  /** Sources that disagree, and which of them is followed; one sentence each. */
  warnings: readonly string[];
  close(): Promise<void>;
}
