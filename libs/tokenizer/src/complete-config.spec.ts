import { completeTokenizerConfig, type TokenizerSources } from './complete-config';

const END = '<|endoftext|>';
const tokenizerJson = JSON.stringify({
  added_tokens: [
    { id: 0, content: END },
    { id: 2, content: '<|im_end|>' },
  ],
  model: { vocab: { [END]: 0, a: 1, '<|im_end|>': 2, '<s>': 3, '</s>': 4 } },
});

/** The tokenizer_config.json of a folder with these files. */
function complete(files: Partial<TokenizerSources>) {
  const none = { tokenizerConfig: null, specialTokensMap: null, chatTemplate: null, modelConfig: null };
  const { tokenizerConfig, warnings = [] } = completeTokenizerConfig({ tokenizerJson, ...none, ...files });
  return { config: tokenizerConfig, warnings };
}

// Each expectation is what AutoTokenizer of transformers 5.23 has for the same folder.
describe('completeTokenizerConfig', () => {
  it('reads special_tokens_map.json where tokenizer_config.json is silent', () => {
    const { config, warnings } = complete({
      tokenizerConfig: { tokenizer_class: 'PreTrainedTokenizerFast' },
      specialTokensMap: { bos_token: END, eos_token: { content: '<|im_end|>', lstrip: false } },
    });
    expect(config).toMatchObject({ bos_token: END, eos_token: { content: '<|im_end|>' } });
    expect(warnings).toEqual([]);
  });

  it('follows special_tokens_map.json where both name a token, and says so', () => {
    const { config, warnings } = complete({
      tokenizerConfig: { eos_token: END },
      specialTokensMap: { eos_token: '<|im_end|>' },
    });
    expect(config['eos_token']).toBe('<|im_end|>');
    expect(warnings).toEqual([
      `special_tokens_map.json names "<|im_end|>" as "eos_token", tokenizer_config.json "${END}"; special_tokens_map.json is ` +
        'followed instead of tokenizer_config.json, as transformers does',
    ]);
  });

  it('follows tokenizer_config.json where it lists its added tokens', () => {
    const { config, warnings } = complete({
      tokenizerConfig: { eos_token: END, added_tokens_decoder: {} },
      specialTokensMap: { eos_token: '<|im_end|>' },
    });
    expect(config['eos_token']).toBe(END);
    expect(warnings).toHaveLength(1);
  });

  it('says nothing when the files agree', () => {
    const { warnings } = complete({
      tokenizerConfig: { eos_token: END, chat_template: 'x' },
      specialTokensMap: { eos_token: { content: END } },
      chatTemplate: 'x',
    });
    expect(warnings).toEqual([]);
  });

  it.each<[string, Partial<TokenizerSources>, Record<string, unknown>]>([
    [
      'GPT-2, by the type of the model',
      { tokenizerConfig: { model_max_length: 1024 }, modelConfig: { model_type: 'gpt2' } },
      { bos_token: END, eos_token: END },
    ],
    [
      'GPT-2, by its class',
      { tokenizerConfig: { tokenizer_class: 'GPT2TokenizerFast' } },
      { eos_token: END },
    ],
    [
      'LLaMA',
      { tokenizerConfig: { tokenizer_class: 'LlamaTokenizer' } },
      { bos_token: '<s>', eos_token: '</s>' },
    ],
    ['Qwen', { modelConfig: { model_type: 'qwen3' } }, { eos_token: END, pad_token: END }],
  ])('takes the tokens of the class: %s', (_, files, expected) => {
    expect(complete(files).config).toMatchObject(expected);
  });

  it('keeps a token that is null, as Qwen writes for BOS', () => {
    const tokenizerConfig = { tokenizer_class: 'GPT2Tokenizer', bos_token: null, eos_token: '<|im_end|>' };
    expect(complete({ tokenizerConfig }).config).toMatchObject({ bos_token: null, eos_token: '<|im_end|>' });
  });

  it('takes no token of the class that the vocabulary lacks', () => {
    const tokenizerJson = '{"model":{"vocab":{"a":0}}}';
    expect(complete({ tokenizerJson, modelConfig: { model_type: 'llama' } }).config).toEqual({});
  });

  it('takes the ids of config.json where nothing else names a token', () => {
    const tokenizerConfig = { tokenizer_class: 'PreTrainedTokenizerFast' };
    const modelConfig = { model_type: 'llama', bos_token_id: 0, eos_token_id: [2, 0] };
    expect(complete({ tokenizerConfig, modelConfig }).config).toMatchObject({
      bos_token: END,
      eos_token: '<|im_end|>',
    });
  });

  it('prefers chat_template.jinja, and says so', () => {
    const { config, warnings } = complete({ tokenizerConfig: { chat_template: 'old' }, chatTemplate: 'new' });
    expect(config['chat_template']).toBe('new');
    expect(warnings).toEqual([expect.stringContaining('chat_template.jinja is followed')]);
  });
});
