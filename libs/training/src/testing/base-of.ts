import type { Model } from '@open-chatgpt/models';
import { buildTokenizer, chatTemplate, loadTokenizer } from '@open-chatgpt/tokenizer';
import type { BaseModel } from '../pipeline/base-model';

/** A base for exports: a model with a tokenizer of three characters. */
export async function baseOf(
  model: Model,
  template: Parameters<typeof chatTemplate>[0] = 'model',
  more: Partial<BaseModel> = {},
): Promise<BaseModel> {
  const tokenizer = await loadTokenizer(buildTokenizer('abc'));
  return {
    config: model.config,
    weights: model.trained,
    tokenizer,
    template: chatTemplate(template, tokenizer),
    generationConfig: null,
    warnings: [],
    ...more,
  };
}
