import type { ModelConfig, ModelFamily } from '../config/model-config';
import { decoder } from './decoder';
import type { Family } from './family';
import { gpt2 } from './gpt2';
import { opt } from './opt';

const families: Record<ModelFamily, Family> = {
  llama: decoder,
  mistral: decoder,
  qwen2: decoder,
  qwen3: decoder,
  gpt2,
  opt,
};

/** The graph of a model's architecture. */
export function familyOf(config: ModelConfig): Family {
  return families[config.family];
}
