import { buildTokenizer } from '../build-tokenizer';
import { loadTokenizer } from '../load-tokenizer';
import type { Message } from '../message';
import type { Tokenizer } from '../tokenizer';
import { CHAT_TEMPLATE_NAMES, type ChatTemplateName, chatTemplate } from './chat-templates';

const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });
const system = (content: string): Message => ({ role: 'system', content });
const withInput: Message = {
  role: 'user',
  content: 'Sum.\n\n1 2',
  parts: { instruction: 'Sum.', input: '1 2' },
};

const PREAMBLE =
  'Below is an instruction that describes a task. Write a response that appropriately completes the request.';
const VICUNA =
  "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions.";

describe('named templates', () => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    // Like LLaMA's: it adds a leading BOS.
    tokenizer = { ...(await loadTokenizer(buildTokenizer('ab'))), addsBos: true };
  });

  it.each<[ChatTemplateName, string, Message[], boolean, string]>([
    ['alpaca', 'prompt', [user('Hi')], true, `<s>${PREAMBLE}\n\n### Instruction:\nHi\n\n### Response:`],
    [
      'alpaca',
      'answer',
      [user('Hi'), assistant('Yo')],
      false,
      `<s>${PREAMBLE}\n\n### Instruction:\nHi\n\n### Response:Yo</s>`,
    ],
    [
      'alpaca',
      'input',
      [withInput],
      true,
      '<s>Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.\n\n### Instruction:\nSum.\n\n### Input:\n1 2\n\n### Response:',
    ],
    ['alpaca', 'system', [system('S'), user('Hi')], true, '<s>S\n\n### Instruction:\nHi\n\n### Response:'],
    [
      'vicuna',
      'two turns',
      [user('u'), assistant('a'), user('v')],
      true,
      `<s>${VICUNA} USER: u ASSISTANT: a</s>USER: v ASSISTANT:`,
    ],
    ['vicuna', 'input', [withInput], false, `<s>${VICUNA} USER: Sum.\n\n1 2 `],
    [
      'chatml',
      'system',
      [system('S'), user('u'), assistant('a')],
      true,
      '<s><|im_start|>system\nS<|im_end|>\n<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\na<|im_end|>\n<|im_start|>assistant\n',
    ],
    [
      'llama2',
      'system and two turns',
      [system('S'), user('u'), assistant('a'), user('v')],
      true,
      '<s>[INST] <<SYS>>\nS\n<</SYS>>\n\nu [/INST] a </s><s>[INST] v [/INST]',
    ],
    ['model', 'its own', [user('u')], true, '<|user|>u<|assistant|>'],
  ])('%s: %s', (name, _, messages, addGenerationPrompt, want) => {
    expect(chatTemplate(name, tokenizer).render(messages, { addGenerationPrompt })).toBe(want);
  });

  it.each(CHAT_TEMPLATE_NAMES)(
    '%s: the text before an answer is a prefix of the text with the answer',
    (name) => {
      const { render } = chatTemplate(name, tokenizer);
      const prompt = render([user('u'), assistant('a'), user('v')], { addGenerationPrompt: true });
      const full = render([user('u'), assistant('a'), user('v'), assistant('b')], {
        addGenerationPrompt: false,
      });
      expect(full.startsWith(prompt)).toBe(true);
      expect(full.slice(prompt.length).trim().startsWith('b')).toBe(true);
    },
  );

  it.each(['alpaca', 'vicuna', 'chatml', 'llama2'] as const)(
    '%s: its Jinja form renders the same text',
    (name) => {
      const turns = [user("What's \\ {{ 1 }}?\n2"), assistant(' an "answer" '), user('v'), assistant('b')];
      for (const addsBos of [true, false]) {
        const named = chatTemplate(name, { ...tokenizer, addsBos });
        // Reads it like a user of the exported model.
        const exported = chatTemplate('model', { ...tokenizer, chatTemplate: named.jinja });
        for (const first of [[], [system('Be\nbrief.')]])
          for (const length of [1, 2, 3, 4])
            for (const addGenerationPrompt of [true, false]) {
              const messages = [...first, ...turns.slice(0, length)];
              const want = named.render(messages, { addGenerationPrompt });
              expect(exported.render(messages, { addGenerationPrompt })).toBe(want);
            }
        expect(exported.stopTokenIds).toEqual(expect.arrayContaining([tokenizer.eosTokenId]));
        if (name === 'chatml') continue;
        const late = [...turns, system('late')];
        for (const { render } of [named, exported])
          expect(() => render(late, { addGenerationPrompt: true })).toThrow();
      }
    },
  );

  it('ends the turn with text when the vocabulary lacks its token', () => {
    const { jinja, stop } = chatTemplate('chatml', tokenizer);
    expect(tokenizer.tokenToId('<|im_end|>')).toBeNull();
    expect(chatTemplate('model', { ...tokenizer, chatTemplate: jinja }).stop).toEqual(stop);
  });

  it('omits BOS when the tokenizer adds none', () => {
    const plain = chatTemplate('alpaca', { ...tokenizer, addsBos: false });
    expect(plain.render([user('Hi')], { addGenerationPrompt: true }).startsWith('Below')).toBe(true);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'an unknown name',
      () => chatTemplate('gpt' as ChatTemplateName, tokenizer),
      /unknown chat template "gpt"; expected one of alpaca/,
    ],
    [
      'a model without a template',
      () => chatTemplate('model', { ...tokenizer, chatTemplate: null }),
      /base model has none.*alpaca/s,
    ],
    ['no EOS', () => chatTemplate('vicuna', { ...tokenizer, eosToken: null }), /no EOS token.*"eos_token"/s],
    [
      'a late system turn',
      () => chatTemplate('vicuna', tokenizer).render([user('u'), system('s')], { addGenerationPrompt: true }),
      /system message after the first turn/,
    ],
    [
      'two user turns in a row',
      () => chatTemplate('llama2', tokenizer).render([user('u'), user('v')], { addGenerationPrompt: true }),
      /turn 2 is the user's; user and assistant must alternate/,
    ],
    [
      "the model's own objection",
      () => {
        const strict = { ...tokenizer, chatTemplate: "{{ raise_exception('roles must alternate') }}" };
        return chatTemplate('model', strict);
      },
      /the chat template \(line 1\) refuses the conversation .*roles must alternate/s,
    ],
    [
      'a broken template',
      () => chatTemplate('model', { ...tokenizer, chatTemplate: '{% if %}' }),
      /the chat template \(line 1\) is not valid Jinja: expected an expression/,
    ],
  ])('fails with the cause: %s', (_, action, message) => {
    expect(action).toThrow(message);
  });

  it('finds the end-of-turn token when it is not EOS (Llama 3)', () => {
    const llama3 = {
      ...tokenizer,
      specialTokens: [...tokenizer.specialTokens, '<|eot_id|>'],
      tokenToId: (token: string) => (token === '<|eot_id|>' ? 99 : tokenizer.tokenToId(token)),
      chatTemplate:
        "{% for m in messages %}<|h|>{{ m['role'] }}\n\n{{ m['content'] | trim }}<|eot_id|>{% endfor %}",
    };
    const template = chatTemplate('model', llama3);
    expect(template.stop).toEqual(['<|eot_id|>']);
    expect(template.stopTokenIds).toEqual([3, 99]);
  });
});
