import fc from 'fast-check';
import { buildTokenizer } from './build-tokenizer';
import { loadTokenizer } from './load-tokenizer';
import { longestTokenBytes } from './longest-token';
import { TextTooLong } from './tokenizer';
import { type JsonStep, parseTokenizerJson, type TokenizerJson } from './tokenizer-json';

describe('longestTokenBytes', () => {
  const special = { id: 9, special: true, normalized: false };
  const json = (
    change: Partial<TokenizerJson>,
    model: Partial<TokenizerJson['model']> = {},
  ): TokenizerJson => ({
    added_tokens: [{ ...special, content: '<|end|>' }],
    model: { type: 'BPE', vocab: { Ġwhere: 0, a: 1 }, byte_fallback: true, ...model },
    ...change,
  });
  const step = (type: string, fields: object = {}): JsonStep => ({ type, ...fields });
  const replace = (text: string, content: string) => step('Replace', { pattern: { String: text }, content });

  it.each<[string, TokenizerJson, number]>([
    ['the bytes of a piece', json({}, { vocab: { 'a▁▁▁': 0 } }), 10],
    ['the bytes of an added token', json({}, { vocab: { a: 0 } }), 7],
    ['a character for each byte', json({ pre_tokenizer: step('ByteLevel') }, { vocab: { ĠĠĠĠĠĠĠĠ: 0 } }), 8],
    ['pieces with scores', json({}, { vocab: [['twelve bytes', 0]] }), 12],
    ['an unknown character', json({ added_tokens: [] }, { vocab: { a: 0 } }), 4],
    ['letters that a normalizer composes', json({ normalizer: step('NFC') }), 21],
    ['a blank that becomes longer', json({ normalizer: replace(' ', '▁') }), 7],
    ['letters that a normalizer replaces', json({ normalizer: replace('abcd', '*') }), 28],
    [
      'a sequence of normalizers',
      json({
        normalizer: step('Sequence', { normalizers: [step('Prepend'), step('NFKC'), step('Lowercase')] }),
      }),
      84,
    ],
  ])('counts %s', (_, tokenizer, bytes) => {
    expect(longestTokenBytes(tokenizer)).toBe(bytes);
  });

  it.each<[string, TokenizerJson]>([
    ['a normalizer that removes blanks', json({ normalizer: step('Strip') })],
    ['a normalizer that removes a character', json({ normalizer: replace('x', '') })],
    ['a split that removes blanks', json({ pre_tokenizer: step('WhitespaceSplit') })],
    ['a split that removes its pattern', json({ pre_tokenizer: step('Split', { behavior: 'Removed' }) })],
    ['a token that absorbs blanks', json({ added_tokens: [{ ...special, content: '<s>', rstrip: true }] })],
    ['words without pieces', json({}, { type: 'WordLevel' })],
    [
      'unknown characters that become one token',
      json({}, { byte_fallback: false, unk_token: 'a', fuse_unk: true }),
    ],
    ['unknown characters that become nothing', json({}, { byte_fallback: false })],
  ])('allows a kibibyte for each token with %s', (_, tokenizer) => {
    expect(longestTokenBytes(tokenizer)).toBe(1024);
  });

  it('is never too low: no text has fewer tokens', async () => {
    const files = buildTokenizer('abc 你好', {
      merges: [
        ['a', 'b'],
        ['ab', 'c'],
        ['你', '好'],
      ],
    });
    const tokenizer = await loadTokenizer(files);
    const bytes = longestTokenBytes(parseTokenizerJson(files.tokenizerJson));
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', 'c', ' ', '你', '好', 'é', '🙂', '</s>', '<|user|>'),
    });
    await fc.assert(
      fc.asyncProperty(text, fc.boolean(), async (sample, parseSpecialTokens) => {
        const { length } = await tokenizer.encode(sample, { parseSpecialTokens });
        expect(length * bytes).toBeGreaterThanOrEqual(Buffer.byteLength(sample));
        expect(() => tokenizer.checkLength(sample, length)).not.toThrow();
      }),
    );
  });

  it('refuses a text that is too long, with its length', async () => {
    const tokenizer = await loadTokenizer(buildTokenizer('a'));
    expect(() => tokenizer.checkLength('a'.repeat(13 * 128), 128)).not.toThrow();
    const refused = () => tokenizer.checkLength('a'.repeat(4_000_000), 128);
    expect(refused).toThrow(TextTooLong);
    expect(refused).toThrow(/has 4000000 bytes, which are at least \d+ tokens; shorten it to the 128/);
  });
});

describe('long texts', () => {
  it('have the same tokens as their parts', async () => {
    const tokenizer = await loadTokenizer(buildTokenizer('abc '));
    const part = 'abc abc </s> ';
    const ids = await tokenizer.encode(part.repeat(10_000));
    const expected = await tokenizer.encode(part);
    expect(ids).toHaveLength(10_000 * expected.length);
    expect(ids.slice(0, expected.length)).toEqual(expected);
    expect(ids.slice(-expected.length)).toEqual(expected);
  });
});
