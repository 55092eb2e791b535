import {
  buildTokenizer,
  type ChatTemplate,
  type ChatTemplateName,
  chatTemplate,
  loadTokenizer,
  type Tokenizer,
} from '@open-chatgpt/tokenizer';
import { asUsage } from '../exit-codes';
import { openTokenizer } from '../models/open-tokenizer';
import type { Found } from './read-examples';

export interface PreviewTokenizer {
  tokenizer: Tokenizer;
  template: ChatTemplate;
  /** The unit of lengths. */
  unit: 'tokens' | 'characters';
}

/** Characters of the chat templates. */
const TEMPLATE_CHARACTERS = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');

/** The tokenizer of the model; without a model, one token for each character of the data. */
export async function previewTokenizer(
  found: Found,
  { model, template }: { model?: string; template?: string },
): Promise<PreviewTokenizer> {
  const tokenizer = model ? await openTokenizer(model) : await characterTokenizer(found);
  const name = (template ?? (model ? 'model' : 'chatml')) as ChatTemplateName;
  return {
    tokenizer,
    template: asUsage(() => chatTemplate(name, tokenizer)),
    unit: model ? 'tokens' : 'characters',
  };
}

function characterTokenizer({ examples }: Found): Promise<Tokenizer> {
  const characters = new Set(`${TEMPLATE_CHARACTERS}\n`);
  const collect = (value: unknown): void => {
    if (typeof value === 'string') for (const character of value) characters.add(character);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
  };
  collect(examples);
  return loadTokenizer(buildTokenizer(characters));
}
