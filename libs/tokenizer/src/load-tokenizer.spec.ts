import { buildTokenizer } from './build-tokenizer';
import { chooseBackend } from './choose-backend';
import { loadTokenizer } from './load-tokenizer';
import type { Tokenizer, TokenizerFiles } from './tokenizer';

const added = (id: number, content: string, special = true) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special,
});

/** Like GPT-2: byte-level BPE, in which `é`, `你` and similar characters are several tokens. */
function byteLevel(config: Record<string, unknown> = {}): TokenizerFiles {
  const printable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let shifted = 0;
  const alphabet = Array.from({ length: 256 }, (_, byte) =>
    String.fromCodePoint(printable(byte) ? byte : 256 + shifted++),
  );
  const tokens = [...alphabet, 'th', 'the', 'Ġt'];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return {
    tokenizerJson: JSON.stringify({
      version: '1.0',
      added_tokens: [added(259, '<|endoftext|>'), added(260, '<|im_start|>'), added(261, '<|im_end|>')],
      normalizer: null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      post_processor: null,
      decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        vocab,
        merges: ['t h', 'th e', 'Ġ t'],
      },
    }),
    tokenizerConfig: { eos_token: '<|im_end|>', bos_token: null, pad_token: '<|im_end|>', ...config },
  };
}

/** Like LLaMA: SentencePiece BPE that adds a leading space and a BOS. */
function sentencePiece(): TokenizerFiles {
  const tokens = ['<unk>', '<s>', '</s>', '▁', 'a', 'b', 'c', 's', '<', '>', '/', '▁a', '▁b', 'ab', '▁ab'];
  return {
    tokenizerJson: JSON.stringify({
      version: '1.0',
      added_tokens: [added(0, '<unk>'), added(1, '<s>'), added(2, '</s>')],
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'Prepend', prepend: '▁' },
          { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
        ],
      },
      pre_tokenizer: null,
      post_processor: {
        type: 'TemplateProcessing',
        single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
        pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
        special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
      },
      decoder: {
        type: 'Sequence',
        decoders: [
          { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
          { type: 'Fuse' },
          { type: 'Strip', content: ' ', start: 1, stop: 0 },
        ],
      },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: '<unk>',
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: true,
        byte_fallback: false,
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges: ['a b', '▁ ab', '▁ a', '▁ b'],
      },
    }),
    tokenizerConfig: {
      bos_token: { content: '<s>' },
      eos_token: '</s>',
      pad_token: null,
      unk_token: '<unk>',
    },
  };
}

/** Unigram, whose vocabulary contains the control tokens as ordinary pieces with the best score. */
function unigram(): TokenizerFiles {
  const pieces: [string, number][] = [
    ['<unk>', 0],
    ['</s>', 0],
    ...[...'abs<>/▁'].map((piece): [string, number] => [piece, -2]),
  ];
  return {
    tokenizerJson: JSON.stringify({
      version: '1.0',
      added_tokens: [added(0, '<unk>'), added(1, '</s>')],
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: { type: 'Fuse' },
      model: { type: 'Unigram', unk_id: 0, vocab: pieces, byte_fallback: false },
    }),
    tokenizerConfig: { eos_token: '</s>' },
  };
}

describe.each(['native', 'pure'] as const)('loadTokenizer with the %s library', (backend) => {
  const before = process.env['OPEN_CHATGPT_TOKENIZER'];
  beforeAll(() => {
    process.env['OPEN_CHATGPT_TOKENIZER'] = backend;
  });
  afterAll(() => {
    if (before === undefined) delete process.env['OPEN_CHATGPT_TOKENIZER'];
    else process.env['OPEN_CHATGPT_TOKENIZER'] = before;
  });

  const samples = ['', 'the cat', ' the  the\n', '你好 é 😀', 'a</s>b', '<|im_end|>', '<', 'ab ab'];
  const families: [string, () => TokenizerFiles, (t: Tokenizer) => void][] = [
    [
      'character',
      () => buildTokenizer('abc你好'),
      (t) => expect([t.vocabSize, t.addsBos]).toEqual([12, false]),
    ],
    ['byte-level', byteLevel, (t) => expect([t.vocabSize, t.addsBos]).toEqual([262, false])],
    ['SentencePiece', sentencePiece, (t) => expect([t.vocabSize, t.addsBos]).toEqual([15, true])],
    ['Unigram', unigram, (t) => expect([t.vocabSize, t.addsBos]).toEqual([9, false])],
  ];

  it.each(families)(
    '%s: user text never becomes a control token, alone or in a batch',
    async (_, files, check) => {
      const tokenizer = await loadTokenizer(files());
      expect(tokenizer.backend).toBe(backend);
      check(tokenizer);
      // The unknown token has no control function. A character outside the vocabulary maps to it.
      const control = tokenizer.specialTokens
        .filter((token) => token !== '<unk>')
        .map((token) => tokenizer.tokenToId(token));
      const hostile = [...samples, ...tokenizer.specialTokens.map((token) => `a${token}b`)];
      const batch = await tokenizer.encodeBatch(hostile);
      for (const [i, text] of hostile.entries()) {
        expect(batch[i]).toEqual(await tokenizer.encode(text));
        expect(batch[i].filter((id) => control.includes(id))).toEqual([]);
      }
    },
  );

  it('byte-level BPE restores any text', async () => {
    const tokenizer = await loadTokenizer(byteLevel());
    for (const text of samples) expect(await tokenizer.decode(await tokenizer.encode(text))).toBe(text);
    expect(await tokenizer.encode('the')).toEqual([tokenizer.tokenToId('the')]);
  });

  it('reads special tokens with parseSpecialTokens', async () => {
    const tokenizer = await loadTokenizer(byteLevel());
    const ids = await tokenizer.encode('a<|im_end|>', { parseSpecialTokens: true });
    expect(ids).toEqual([tokenizer.tokenToId('a'), 261]);
    expect(await tokenizer.decode(ids)).toBe('a<|im_end|>');
    expect(await tokenizer.decode(ids, { skipSpecialTokens: true })).toBe('a');
  });

  it('SentencePiece: adds BOS and the leading space, but not to a continuation', async () => {
    const tokenizer = await loadTokenizer(sentencePiece());
    const id = (token: string) => tokenizer.tokenToId(token);
    expect(await tokenizer.encode('ab', { addSpecialTokens: true })).toEqual([1, id('▁ab')]);
    expect(await tokenizer.encode('ab')).toEqual([id('▁ab')]);
    expect(await tokenizer.encode('ab', { continuation: true })).toEqual([id('ab')]);
    expect(await tokenizer.encode(' ab', { continuation: true })).toEqual([id('▁ab')]);
    expect(await tokenizer.encode('ab</s>', { continuation: true, parseSpecialTokens: true })).toEqual([
      id('ab'),
      2,
    ]);
    expect(await tokenizer.encode('b</s>', { continuation: true })).toEqual(
      ['b', '<', '/', 's', '>'].map((token) => id(token)),
    );
  });

  it('decodes ids without a token, which models with padded embeddings generate, to nothing', async () => {
    const tokenizer = await loadTokenizer(buildTokenizer('ab'));
    expect(await tokenizer.decode([7, 9999, 8, -1])).toBe('ab');
    expect(await tokenizer.decode([])).toBe('');
    expect(tokenizer.idToToken(8)).toBe('b');
    expect(tokenizer.tokenToId('nonsense')).toBeNull();
  });
});

describe('the two libraries', () => {
  it('return the same ids', async () => {
    const texts = ['The cat (42) saw the the.', '你好，世界 😀\n\n  x', "don't </s> stop"];
    const ids = [];
    for (const kind of ['native', 'pure'] as const) {
      process.env['OPEN_CHATGPT_TOKENIZER'] = kind;
      ids.push(await (await loadTokenizer(byteLevel())).encodeBatch(texts));
      delete process.env['OPEN_CHATGPT_TOKENIZER'];
    }
    expect(ids[0]).toEqual(ids[1]);
  });

  it('refuse any other choice', () => {
    expect(() => chooseBackend('rust')).toThrow(
      /OPEN_CHATGPT_TOKENIZER is "rust"; expected "native" or "pure"/,
    );
  });
});

describe('padding is never EOS', () => {
  const pad = async (config: Record<string, unknown>) => (await loadTokenizer(byteLevel(config))).padTokenId;

  it.each<[string, Record<string, unknown>, number | null]>([
    ['the file says pad = eos, another is free', { pad_token: '<|im_end|>' }, 259],
    ['the file names none', { pad_token: null }, 259],
    ['the file names a good one', { pad_token: '<|im_start|>' }, 260],
    ['the free ones are control tokens in use', { eos_token: '<|endoftext|>', pad_token: null }, null],
  ])('%s', async (_, config, want) => {
    expect(await pad(config)).toBe(want);
  });

  it('uses the unknown token when no better token exists', async () => {
    expect((await loadTokenizer(sentencePiece())).padTokenId).toBe(0);
  });
});

describe('invalid files', () => {
  const good = byteLevel();
  it.each<[string, TokenizerFiles, RegExp]>([
    ['a Git LFS pointer', { ...good, tokenizerJson: 'version https://git-lfs' }, /not JSON.*LFS pointer/s],
    ['a bare vocabulary', { ...good, tokenizerJson: '{"a":0}' }, /no "model.vocab".*converted/s],
    ['null', { ...good, tokenizerJson: 'null' }, /no "model.vocab"/],
    [
      'added tokens of a wrong type',
      { ...good, tokenizerJson: '{"model":{"vocab":{}},"added_tokens":1}' },
      /not a list/,
    ],
    [
      'an unknown model',
      { ...good, tokenizerJson: '{"version":"1.0","added_tokens":[],"model":{"type":"X","vocab":{}}}' },
      /library rejects it/,
    ],
    ['EOS of another model', byteLevel({ eos_token: '</s>' }), /"eos_token" is "<\/s>".*different models/s],
    ['EOS of a wrong type', byteLevel({ eos_token: 2 }), /"eos_token" is 2; expected a string/],
    [
      'templates without a default',
      byteLevel({ chat_template: [{ name: 'rag', template: '' }] }),
      /named "default"/,
    ],
  ])('%s', async (_, files, message) => {
    await expect(loadTokenizer(files)).rejects.toThrow(message);
  });

  it('reads the template named default from a list', async () => {
    const files = byteLevel({ chat_template: [{ name: 'default', template: 'T' }] });
    expect((await loadTokenizer(files)).chatTemplate).toBe('T');
  });
});

describe('the rows of the embeddings', () => {
  const load = (files: TokenizerFiles, rows: number) => loadTokenizer(files, { rows });
  const changed = (
    change: (json: { added_tokens: unknown[]; model: { vocab: Record<string, unknown> } }) => void,
  ) => {
    const files = byteLevel();
    const json = JSON.parse(files.tokenizerJson);
    change(json);
    return { ...files, tokenizerJson: JSON.stringify(json) };
  };

  it('warns of added tokens beyond them, and pads with a token inside', async () => {
    const extra = changed((json) => json.added_tokens.push(added(262, '<|extra|>')));
    const tokenizer = await load(extra, 262);
    expect(tokenizer.warnings).toEqual([
      'tokenizer.json: "<|extra|>" (id 262) lie beyond the 262 rows of the embeddings; a text that contains them is refused',
    ]);
    expect(tokenizer.padTokenId).toBe(259);
    expect((await load(extra, 263)).padTokenId).toBe(259);
  });

  it('never pads beyond them, whatever tokenizer_config.json names', async () => {
    const padded = changed((json) => json.added_tokens.push(added(262, '<pad>')));
    const files = { ...padded, tokenizerConfig: { eos_token: '<|im_end|>', pad_token: '<pad>' } };
    expect((await load(files, 262)).padTokenId).toBe(259);
    expect((await load(files, 300)).padTokenId).toBe(262);
  });

  it('names a few of many added tokens', async () => {
    const tokens = Array.from({ length: 9 }, (_, i) => added(262 + i, `<|${i}|>`));
    const [warning] = (
      await load(
        changed((json) => json.added_tokens.push(...tokens)),
        264,
      )
    ).warnings;
    expect(warning).toContain('"<|2|>" (id 264), "<|3|>" (id 265)');
    expect(warning).toContain('and 2 more tokens');
  });

  it.each([
    ['one too many', 300],
    ['four billion, without counting up to it', 4294967295],
  ])('refuses an entry of the vocabulary beyond them: %s', async (_, id) => {
    const files = changed(({ model }) => {
      model.vocab['the'] = id;
    });
    const start = performance.now();
    await expect(load(files, 262)).rejects.toThrow(
      `tokenizer.json: the token "the" has the id ${id}, the embeddings of the model have 262 rows.`,
    );
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it.each([
    ['negative', -1],
    ['a fraction', 1.5],
    ['text', '7'],
    ['beyond 32 bits', 2 ** 32],
  ])('refuses an id that is %s', async (_, id) => {
    const files = changed(({ model }) => {
      model.vocab['the'] = id;
    });
    await expect(loadTokenizer(files)).rejects.toThrow(
      `tokenizer.json: the token "the" has the id ${JSON.stringify(id)}; expected a whole number`,
    );
  });
});

test('tokens with a role are special, also where tokenizer.json has them in the vocabulary alone', async () => {
  const files = sentencePiece();
  const json = JSON.parse(files.tokenizerJson);
  json.added_tokens = json.added_tokens.filter(({ content }: { content: string }) => content !== '</s>');
  const tokenizer = await loadTokenizer({ ...files, tokenizerJson: JSON.stringify(json) });
  expect(tokenizer.specialTokens).toContain('</s>');
  expect(await tokenizer.encode('a</s>', { parseSpecialTokens: true })).toContain(2);
});
