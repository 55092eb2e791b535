import type { TokenizerFiles } from './tokenizer';

type Json = Readonly<Record<string, unknown>>;

/** The files of a tokenizer's folder, parsed; null for a file that is not there. */
export interface TokenizerSources {
  tokenizerJson: string;
  tokenizerConfig: Json | null;
  /** special_tokens_map.json of older folders. */
  specialTokensMap: Json | null;
  /** chat_template.jinja */
  chatTemplate: string | null;
  /** config.json of the model, whose type says which class reads the tokenizer. */
  modelConfig: Json | null;
}

/** Tokens with a role, by their names in tokenizer_config.json. */
const ROLES = ['bos_token', 'eos_token', 'unk_token', 'pad_token'] as const;
type Role = (typeof ROLES)[number];
type Defaults = Readonly<Partial<Record<Role, string>>>;

const END_OF_TEXT = '<|endoftext|>';
const GPT2: Defaults = { bos_token: END_OF_TEXT, eos_token: END_OF_TEXT, unk_token: END_OF_TEXT };
const LLAMA: Defaults = { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' };
const QWEN2: Defaults = { eos_token: END_OF_TEXT, unk_token: END_OF_TEXT, pad_token: END_OF_TEXT };

/** What transformers' classes take where the files are silent. Other classes (PreTrainedTokenizerFast) take nothing. */
const CLASSES: Readonly<Record<string, Defaults>> = {
  GPT2Tokenizer: GPT2,
  LlamaTokenizer: LLAMA,
  CodeLlamaTokenizer: LLAMA,
  Qwen2Tokenizer: QWEN2,
};

/** The class by the model's type, where tokenizer_config.json names none (transformers, `TOKENIZER_MAPPING_NAMES`). */
const CLASS_OF_MODEL: Readonly<Record<string, keyof typeof CLASSES>> = {
  gpt2: 'GPT2Tokenizer',
  opt: 'GPT2Tokenizer',
  llama: 'LlamaTokenizer',
  mistral: 'LlamaTokenizer',
  qwen2: 'Qwen2Tokenizer',
  qwen3: 'Qwen2Tokenizer',
};

/**
 * One tokenizer_config.json from all files that say something about it, in the order of transformers (`_from_pretrained`):
 *
 * 1. special_tokens_map.json, which goes before tokenizer_config.json unless that has an `added_tokens_decoder`;
 * 2. tokenizer_config.json;
 * 3. the tokens of the tokenizer's class, where the vocabulary has them;
 * 4. the ids of the model's config.json, which transformers leaves to the model: a folder without any end token cannot be
 *    trained on.
 *
 * chat_template.jinja goes before the `chat_template` field. The result names each source that disagrees with one before it.
 */
export function completeTokenizerConfig(sources: TokenizerSources): TokenizerFiles {
  const warnings: string[] = [];
  const config: Record<string, unknown> = { ...sources.tokenizerConfig };
  mergeSpecialTokensMap(config, sources.specialTokensMap, warnings);
  const { contents, byId } = tokensOf(sources.tokenizerJson);
  for (const [role, token] of Object.entries(classDefaults(config, sources.modelConfig)))
    if (config[role] === undefined && contents(token)) config[role] = token;
  for (const role of ['bos_token', 'eos_token'] as const) {
    const id = firstId(sources.modelConfig?.[`${role}_id`]);
    const token = id === null ? undefined : byId(id);
    if ((config[role] === undefined || config[role] === null) && token !== undefined) config[role] = token;
  }
  mergeTemplate(config, sources.chatTemplate, warnings);
  const files = { tokenizerJson: sources.tokenizerJson, tokenizerConfig: config };
  return warnings.length > 0 ? { ...files, warnings } : files;
}

function mergeSpecialTokensMap(config: Record<string, unknown>, map: Json | null, warnings: string[]): void {
  if (map === null) return;
  const ignored = config['added_tokens_decoder'] !== undefined;
  for (const role of ROLES) {
    const [named, configured] = [map[role], config[role]];
    if (named === undefined || named === null) continue;
    const differ = configured != null && contentOf(configured) !== contentOf(named);
    if (differ) {
      const [followed, other] = ignored
        ? ['tokenizer_config.json', 'special_tokens_map.json']
        : ['special_tokens_map.json', 'tokenizer_config.json'];
      warnings.push(
        `special_tokens_map.json names ${JSON.stringify(contentOf(named))} as "${role}", tokenizer_config.json ` +
          `${JSON.stringify(contentOf(configured))}; ${followed} is followed instead of ${other}, as transformers does`,
      );
    }
    if (configured === undefined || configured === null || (differ && !ignored)) config[role] = named;
  }
}

function mergeTemplate(config: Record<string, unknown>, template: string | null, warnings: string[]): void {
  if (template === null) return;
  const other = config['chat_template'];
  if (typeof other === 'string' && other !== template)
    warnings.push(
      'chat_template.jinja and "chat_template" in tokenizer_config.json differ; chat_template.jinja is followed, as ' +
        'transformers does',
    );
  config['chat_template'] = template;
}

function classDefaults(config: Json, modelConfig: Json | null): Defaults {
  const named = config['tokenizer_class'];
  const ofModel = modelConfig?.['model_type'];
  const name =
    typeof named === 'string'
      ? named.replace(/Fast$/, '')
      : typeof ofModel === 'string' && Object.hasOwn(CLASS_OF_MODEL, ofModel)
        ? CLASS_OF_MODEL[ofModel]
        : '';
  return Object.hasOwn(CLASSES, name) ? CLASSES[name] : {};
}

/** The text of a token, which the files give as a string or as an object. */
function contentOf(token: unknown): unknown {
  return typeof token === 'object' && token !== null ? (token as { content?: unknown }).content : token;
}

function firstId(field: unknown): number | null {
  const id = Array.isArray(field) ? field[0] : field;
  return typeof id === 'number' && id >= 0 ? id : null;
}

/** Looks up tokens in a tokenizer.json that is not checked yet. Ids are searched among the added tokens only. */
function tokensOf(text: string) {
  let json: {
    added_tokens?: { id: number; content: string }[];
    model?: { vocab?: Record<string, number> | [string, number][] };
  };
  try {
    json = JSON.parse(text) ?? {};
  } catch {
    json = {}; // loadTokenizer says what is wrong
  }
  const added = Array.isArray(json.added_tokens) ? json.added_tokens : [];
  const vocab = json.model?.vocab ?? {};
  return {
    contents: (token: string) =>
      added.some(({ content }) => content === token) ||
      (Array.isArray(vocab) ? vocab.some(([piece]) => piece === token) : Object.hasOwn(vocab, token)),
    byId: (id: number) => added.find((token) => token.id === id)?.content,
  };
}
