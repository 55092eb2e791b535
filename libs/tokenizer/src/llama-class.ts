import type { TokenizerJson } from './tokenizer-json';

const SPACE = '▁';

/** The classes of tokenizer_config.json whose tokenizer transformers 5 builds from the vocabulary. */
const CLASSES = ['LlamaTokenizer', 'LlamaTokenizerFast'];

/**
 * What transformers makes of a tokenizer.json whose configuration names the class LlamaTokenizer: it keeps vocabulary, merges, added
 * tokens and post-processor, and takes the place of the blank before a text from `legacy` (true: before every part between special
 * tokens; else only at the beginning) and `add_prefix_space` (false: nowhere). Source: LlamaTokenizer of transformers 5.24; golden
 * values from tools/golden/llama_class.py.
 * @returns `json` itself where nothing changes, and a warning where the file asks for something else
 */
export function asLlamaClass(
  json: TokenizerJson,
  config: Readonly<Record<string, unknown>>,
): { json: TokenizerJson; warnings: string[] } {
  if (!CLASSES.includes(config['tokenizer_class'] as string) || json.model.type !== 'BPE')
    return { json, warnings: [] };
  const prefix = config['add_prefix_space'] !== false;
  const scheme = prefix ? (config['legacy'] === true ? 'always' : 'first') : 'never';
  const built: TokenizerJson = {
    ...json,
    normalizer: null,
    pre_tokenizer: { type: 'Metaspace', replacement: SPACE, prepend_scheme: scheme, split: false },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: { ...json.model, dropout: null, fuse_unk: true, byte_fallback: true },
  };
  const found = schemeOf(json);
  if (found === scheme) return { json: built, warnings: [] };
  return {
    json: built,
    warnings: [
      `tokenizer.json puts a blank ${PLACES[found]}, tokenizer_config.json (${config['tokenizer_class']}, ` +
        `legacy ${config['legacy'] === true}, add_prefix_space ${prefix}) ${PLACES[scheme]}; ` +
        'tokenizer_config.json is followed, as in transformers 5',
    ],
  };
}

type Scheme = 'always' | 'first' | 'never' | 'other';

const PLACES: Record<Scheme, string> = {
  always: 'before every part between special tokens',
  first: 'at the beginning of a text only',
  never: 'nowhere',
  other: 'by other rules',
};

/** Where the steps of the file put the blank. */
function schemeOf({ normalizer, pre_tokenizer: splitter }: TokenizerJson): Scheme {
  if (!normalizer && splitter?.type === 'Metaspace') {
    const scheme =
      splitter['prepend_scheme'] ?? (splitter['add_prefix_space'] === false ? 'never' : 'always');
    return scheme === 'always' || scheme === 'first' || scheme === 'never' ? scheme : 'other';
  }
  const steps = (normalizer?.type === 'Sequence' ? normalizer['normalizers'] : [normalizer]) as ({
    type?: string;
  } | null)[];
  const types = steps.map((step) => step?.type).join(' ');
  if (splitter) return 'other';
  return types === 'Prepend Replace' ? 'always' : types === 'Replace' ? 'never' : 'other';
}
