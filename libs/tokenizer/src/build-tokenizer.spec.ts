import { BASE_SPECIAL_TOKENS, buildTokenizer } from './build-tokenizer';
import { chatTemplate } from './chat-templates/chat-templates';
import { encodeChat } from './encode-chat';
import { loadTokenizer } from './load-tokenizer';

describe('buildTokenizer', () => {
  it('assigns one token to each character, independent of order and repetition', async () => {
    const files = buildTokenizer('ba 1你\n😀a');
    expect(files).toEqual(buildTokenizer(['😀', '你', '\n', '1', ' ', 'a', 'b']));
    const tokenizer = await loadTokenizer(files);
    expect(tokenizer.vocabSize).toBe(BASE_SPECIAL_TOKENS.length + 7);
    const text = '你b a\n1😀';
    const ids = await tokenizer.encode(text);
    expect(ids).toHaveLength(7);
    expect(await tokenizer.decode(ids)).toBe(text);
  });

  it('maps each character outside the set to one <unk>', async () => {
    const tokenizer = await loadTokenizer(buildTokenizer('ab'));
    const unk = tokenizer.tokenToId('<unk>');
    expect(await tokenizer.encode('aé😀b')).toEqual([
      tokenizer.tokenToId('a'),
      unk,
      unk,
      tokenizer.tokenToId('b'),
    ]);
  });

  it('has separate padding, BOS and EOS tokens, and further special tokens', async () => {
    const tokenizer = await loadTokenizer(buildTokenizer('ab', { specialTokens: ['<|tool|>', '<s>'] }));
    expect([tokenizer.padTokenId, tokenizer.bosTokenId, tokenizer.eosTokenId]).toEqual([0, 2, 3]);
    expect(tokenizer.specialTokens).toEqual([...BASE_SPECIAL_TOKENS, '<|tool|>']);
  });

  it('begins a turn with one token and ends an answer with EOS', async () => {
    const tokenizer = await loadTokenizer(buildTokenizer('ab'));
    const template = chatTemplate('model', tokenizer);
    const messages = [
      { role: 'user' as const, content: 'a' },
      { role: 'assistant' as const, content: 'b' },
    ];
    expect(template.render(messages, { addGenerationPrompt: true })).toBe(
      '<|user|>a<|assistant|>b</s><|assistant|>',
    );
    expect(await encodeChat(tokenizer, template, messages, { addGenerationPrompt: false })).toEqual([
      5, 7, 6, 8, 3,
    ]);
    expect(template.stopTokenIds).toEqual([3]);
  });

  it.each<[string, string[], RegExp]>([
    ['no characters', [], /the set is empty/],
    ['a word', ['ab'], /"ab" is not one character/],
    ['an empty string', [''], /"" is not one character/],
  ])('refuses %s', (_, characters, message) => {
    expect(() => buildTokenizer(characters)).toThrow(message);
  });
});
