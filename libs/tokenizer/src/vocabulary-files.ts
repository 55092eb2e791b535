import { byteLevelModel } from './byte-level-model';
import { PRE_TOKENIZERS } from './gguf/byte-level-tokenizer';
import { templateProcessor } from './gguf/template-processor';
import { addedToken } from './gguf/vocabulary';

type Json = Readonly<Record<string, unknown>>;

/** vocab.json and merges.txt, with what lies beside them. */
export interface VocabularyFiles {
  vocab: Json;
  /** The lines of merges.txt. */
  merges: string;
  /** tokenizer_config.json, complete (`completeTokenizerConfig`). */
  config: Json;
  /** added_tokens.json: ids by token. */
  addedTokens: Json;
  /** Whether the model is of the Qwen family, which splits text in another way. */
  qwen: boolean;
}

/**
 * The tokenizer.json of folders that have none (the first GPT-2 and OPT folders): a byte-level BPE by its vocabulary and its merges, as
 * transformers' GPT2Tokenizer and Qwen2Tokenizer build it.
 */
export function byteLevelJson({ vocab, merges, config, addedTokens, qwen }: VocabularyFiles): string {
  const pre = PRE_TOKENIZERS[qwen ? 'qwen2' : 'gpt-2'];
  const idOf = (token: unknown) => {
    const content = typeof token === 'object' ? (token as { content?: unknown } | null)?.content : token;
    const id = typeof content === 'string' ? (vocab[content] ?? addedTokens[content]) : undefined;
    return typeof id === 'number' ? { token: content as string, id } : null;
  };
  const roles = ['bos_token', 'eos_token', 'unk_token', 'pad_token'].map((role) => idOf(config[role]));
  const special = new Map(roles.flatMap((role) => (role ? [[role.token, role.id] as const] : [])));
  const added = new Map(Object.entries(addedTokens).map(([token, id]) => [token, Number(id)]));
  const bos = config['add_bos_token'] === true ? roles[0] : null;
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const template = templateProcessor({ bos, eos: null });
  const bytes = { ...byteLevel, trim_offsets: false };
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [...new Map([...added, ...special])]
      .map(([token, id]) => addedToken(id, token, special.has(token)))
      .sort((a, b) => a.id - b.id),
    normalizer: pre.normalizer,
    pre_tokenizer: pre.steps.length === 1 ? pre.steps[0] : { type: 'Sequence', pretokenizers: pre.steps },
    post_processor: template ? { type: 'Sequence', processors: [bytes, template] } : bytes,
    decoder: byteLevel,
    model: byteLevelModel(
      vocab,
      merges
        .split(/\r?\n/)
        .filter((line) => line !== '' && !line.startsWith('#version'))
        .map((line) => line.split(' ')),
    ),
  });
}
