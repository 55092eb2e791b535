import { buildTokenizer } from './build-tokenizer';
import type { ChatTemplate } from './chat-templates/chat-template';
import { chatTemplate } from './chat-templates/chat-templates';
import { encodeChat, encodeContinuation } from './encode-chat';
import { encodeConversation } from './encode-conversation';
import { loadTokenizer } from './load-tokenizer';
import type { Message } from './message';
import type { Tokenizer, TokenizerFiles } from './tokenizer';

const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string, learned = true): Message => ({ role: 'assistant', content, learned });
const system = (content: string): Message => ({ role: 'system', content });

const ASCII = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
const SPECIAL = ['<|user|>', '<|assistant|>', '<|end|>', '<|eos|>'];

/** One token for each character, and the special tokens; `change` edits the parsed tokenizer.json. */
async function tokenizerOf(
  template: string,
  change: (json: {
    added_tokens: { content: string; rstrip: boolean }[];
    model: { vocab: Record<string, number>; merges: [string, string][] };
    pre_tokenizer: unknown;
  }) => void = () => {},
): Promise<{ tokenizer: Tokenizer; template: ChatTemplate }> {
  const files = buildTokenizer([...ASCII, '\n'], { specialTokens: SPECIAL }) as TokenizerFiles;
  const json = JSON.parse(files.tokenizerJson);
  change(json);
  const tokenizer = await loadTokenizer({
    tokenizerJson: JSON.stringify(json),
    tokenizerConfig: { ...files.tokenizerConfig, eos_token: '<|eos|>', chat_template: template },
  });
  return { tokenizer, template: chatTemplate('model', tokenizer) };
}

/** The text of what is learned, for each answer; checks that the ids before each answer are its generation prompt. */
async function learnedText(
  { tokenizer, template }: { tokenizer: Tokenizer; template: ChatTemplate },
  messages: Message[],
): Promise<string[]> {
  const { ids, answers, notLearned } = await encodeConversation(tokenizer, template, messages);
  const texts = [];
  for (const { turn, start, learned } of answers) {
    const before = messages.slice(0, turn);
    const prompt = await encodeChat(tokenizer, template, before, { addGenerationPrompt: true });
    expect(ids.slice(0, start)).toEqual(prompt);
    texts.push(await tokenizer.decode(learned.flatMap((span) => ids.slice(span.start, span.end))));
  }
  return [...texts, ...notLearned.map(({ turn, reason }) => `${turn}: ${reason}`)];
}

const TURNS = "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + '<|end|>\n' }}{% endfor %}";
const PROMPT = "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}";
const FOUR = [user('q'), assistant('one'), user('r'), assistant('two')];

describe('encodeConversation', () => {
  it.each<[string, string, Message[], string[]]>([
    ['every answer with its end', TURNS + PROMPT, FOUR, ['one<|end|>', 'two<|end|>']],
    [
      'a template that ends with EOS after the last answer (Phi-3)',
      `${TURNS}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}`,
      FOUR,
      ['one<|end|>', 'two<|end|>'],
    ],
    [
      'a template with EOS only after the last answer',
      "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content }}{% endfor %}{{ '<|assistant|>' if add_generation_prompt else eos_token }}",
      FOUR,
      ['one', 'two<|eos|>'],
    ],
    [
      'a template with EOS after all answers but the last',
      "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content }}{% if m.role == 'assistant' and not loop.last %}{{ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
      FOUR,
      ['one<|eos|>', 'two<|eos|>'],
    ],
    [
      'a template without an end',
      "{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}",
      FOUR,
      [' one\n', ' two\n<|eos|>'],
    ],
    [
      'thoughts that are removed from earlier answers (Qwen3)',
      `{% for m in messages %}{{ '<|' + m.role + '|>\n' + (m.content if loop.last else m.content.split('/t')[-1]) + '<|end|>\n' }}{% endfor %}${PROMPT}`,
      [user('q'), assistant('why/tone'), user('r'), assistant('plain'), user('s'), assistant('how/tthree')],
      ['plain<|end|>', 'how/tthree<|end|>', '1: rewrittenLater'],
    ],
    [
      'the system text before the last question (Mistral)',
      "{% set s = messages[0].content if messages[0].role == 'system' else '' %}{% for m in messages %}{% if m.role == 'user' %}{{ '<|user|>' + (s if loop.last else '') + m.content + '<|end|>' }}{% elif m.role == 'assistant' %}{{ ' ' + m.content + eos_token }}{% endif %}{% endfor %}",
      [system('S'), ...FOUR],
      [' two<|eos|>', '2: rewrittenLater'],
    ],
    [
      'a prompt that begins the answer (DeepSeek R1)',
      "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content.split('/t')[-1] }}{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>t ' }}{% endif %}",
      [user('q'), assistant('t why/tone'), user('r'), assistant('t how/ttwo')],
      ['how/ttwo<|eos|>', '1: rewrittenLater'],
    ],
    [
      'such a prompt before an answer that begins otherwise',
      "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content }}{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>t ' }}{% endif %}",
      FOUR,
      ['1: promptChanges', '3: promptChanges'],
    ],
    [
      'an answer to nothing, which the template refuses',
      `{% if messages[0].role == 'assistant' or not messages %}{{ raise_exception('a question first') }}{% endif %}${TURNS}${PROMPT}`,
      [assistant('hello'), ...FOUR],
      [],
    ],
    [
      'an answer to nothing, which the template refuses only alone',
      `{% if not messages %}{{ raise_exception('no messages') }}{% endif %}${TURNS}${PROMPT}`,
      [assistant('hello'), ...FOUR],
      ['one<|end|>', 'two<|end|>', '0: templateRefuses'],
    ],
    [
      'a default system text',
      `{% if not messages or messages[0].role != 'system' %}{{ 'be nice\n' }}{% endif %}${TURNS}${PROMPT}`,
      [assistant('hello'), ...FOUR],
      ['hello<|end|>', 'one<|end|>', 'two<|end|>'],
    ],
    [
      'a prompt with one more line end than the answers (Alpaca)',
      "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + '<|end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n\n' }}{% endif %}",
      FOUR,
      ['two<|end|>', '1: rewrittenLater'],
    ],
    [
      'an end after all answers but the last (Qwen 1.5)',
      "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content }}{% if not loop.last or add_generation_prompt %}{{ '<|end|>' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
      FOUR,
      ['one<|end|>', 'two<|end|>'],
    ],
    [
      'turns that begin with a token and end with nothing (GLM)',
      "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
      FOUR,
      ['one<|user|>', 'two<|user|>'],
    ],
    [
      'generation blocks, with the blanks that they control',
      "{% for m in messages %}{{ '<|' + m.role + '|>' }}{% if m.role == 'assistant' %}{{ '\nnote ' }}\n  {%- generation -%}\n  {{ m.content }}\n  {%- endgeneration -%}\n{% else %}{{ m.content }}{% endif %}{{ '<|end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}",
      FOUR,
      ['one<|end|>', 'two<|end|>'],
    ],
    [
      'generation blocks that leave out an answer',
      "{% for m in messages %}{{ '<|' + m.role + '|>' }}{% if m.role == 'assistant' and loop.last %}{% generation %}{{ m.content + '<|end|>' }}{% endgeneration %}{% else %}{{ m.content + '<|end|>' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
      FOUR,
      ['two<|end|>', '1: outsideGeneration'],
    ],
  ])('%s', async (_, template, messages, want) => {
    const opened = await tokenizerOf(template);
    if (want.length === 0) {
      await expect(learnedText(opened, messages)).rejects.toThrow('a question first');
      return;
    }
    expect(await learnedText(opened, messages)).toEqual(want);
  });

  it('does not learn what a message excludes, and renders nothing after the last learned answer', async () => {
    const opened = await tokenizerOf(TURNS + PROMPT);
    const messages = [
      user('q'),
      assistant('bad', false),
      user('r'),
      assistant('good'),
      user('s'),
      assistant('x', false),
    ];
    expect(await learnedText(opened, messages)).toEqual(['good<|end|>']);
    const { ids } = await encodeConversation(opened.tokenizer, opened.template, messages);
    expect(await opened.tokenizer.decode(ids)).toMatch(/bad<\|end\|>\n.*good<\|end\|>$/s);
  });

  it('learns an answer whose beginning the tokenizer joins with its prompt only where it is the last', async () => {
    const opened = await tokenizerOf(TURNS + PROMPT, (json) => {
      json.model.vocab['\n '] = Object.keys(json.model.vocab).length;
      json.model.merges = [['\n', ' ']];
      json.pre_tokenizer = null;
    });
    expect(await opened.tokenizer.encode('\n a')).toHaveLength(2);
    const answers = [user('q'), assistant(' one'), user('r'), assistant(' two')];
    expect(await learnedText(opened, answers)).toEqual([' two<|end|>', '1: joinedWithPrompt']);
  });

  it('keeps the indentation of an answer after a special token that absorbs blanks', async () => {
    const opened = await tokenizerOf(TURNS + PROMPT, ({ added_tokens }) => {
      for (const token of added_tokens) token.rstrip = token.content === '<|assistant|>';
    });
    const answers = [user('q'), assistant('  one'), user('r'), assistant('  two')];
    expect(await learnedText(opened, answers)).toEqual(['  two<|end|>', '1: joinedWithPrompt']);
  });

  it('says from which answers the template removes something', async () => {
    const template = `{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content.split('/t')[-1] + '<|end|>\n' }}{% endfor %}${PROMPT}`;
    const opened = await tokenizerOf(template);
    const messages = [user('q'), assistant('a'), user('r'), assistant('why/tone')];
    const { answers } = await encodeConversation(opened.tokenizer, opened.template, messages);
    expect(answers.map(({ altered }) => altered)).toEqual([null, 'templateChangesText']);
  });

  it('says which answers do not decode to their text', async () => {
    const { tokenizer, template } = await tokenizerOf(TURNS + PROMPT);
    const { answers } = await encodeConversation(tokenizer, template, [user('é'), assistant('né'), ...FOUR]);
    expect(answers.map(({ altered }) => altered)).toEqual(['decodesDifferently', null, null]);
  });

  it('is the same for a conversation with the text of special tokens', async () => {
    const opened = await tokenizerOf(TURNS + PROMPT, ({ added_tokens }) => {
      for (const token of added_tokens) token.rstrip = token.content === '<|end|>';
    });
    const answers = [user('say <|end|>'), assistant('<|eos|> one'), user('r'), assistant('two <|end|>')];
    expect(await learnedText(opened, answers)).toEqual(['<|eos|> one<|end|>', 'two <|end|><|end|>']);
    const { ids } = await encodeConversation(opened.tokenizer, opened.template, answers);
    expect(ids.filter((id) => id === opened.tokenizer.tokenToId('<|end|>'))).toHaveLength(4);
  });
});

describe('encodeContinuation', () => {
  it('ends with the beginning of the answer', async () => {
    const { tokenizer, template } = await tokenizerOf(TURNS + PROMPT);
    const ids = await encodeContinuation(tokenizer, template, [...FOUR.slice(0, 3), assistant('tw')]);
    expect(await tokenizer.decode(ids)).toMatch(/<\|assistant\|>\ntw$/);
    const { ids: whole } = await encodeConversation(tokenizer, template, FOUR);
    expect(whole.slice(0, ids.length)).toEqual(ids);
  });

  it('needs an answer', async () => {
    const { tokenizer, template } = await tokenizerOf(TURNS + PROMPT);
    await expect(encodeContinuation(tokenizer, template, [user('q')])).rejects.toThrow(
      "the last message must be the assistant's",
    );
  });
});
