import {
  buildTokenizer,
  type ChatTemplate,
  type ChatTemplateName,
  chatTemplate,
  loadTokenizer,
  type Message,
  type Tokenizer,
} from '@open-chatgpt/tokenizer';
import { isDropped, tokenizeAll } from './dropped';
import { tokenizePreference } from './preference';
import { tokenizePrompt } from './prompt';
import { IGNORED_LABEL, tokenizeSupervised } from './supervised';

const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });

let tokenizer: Tokenizer;
beforeAll(async () => {
  const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
  tokenizer = await loadTokenizer(
    buildTokenizer([...ascii, '\n'], { specialTokens: ['<|im_start|>', '<|im_end|>'] }),
  );
});

/** The text of the ids that are trained on, stretch by stretch. */
async function trainedText(messages: Message[], template: ChatTemplate, maxLength = 1000): Promise<string[]> {
  const item = await tokenizeSupervised({ messages }, tokenizer, template, { maxLength });
  if (isDropped(item)) return [item.dropped];
  const stretches: number[][] = [];
  item.labels.forEach((label, t) => {
    if (label === IGNORED_LABEL) return;
    expect(label).toBe(item.inputIds[t]);
    if (t === 0 || item.labels[t - 1] === IGNORED_LABEL) stretches.push([]);
    stretches.at(-1)?.push(label);
  });
  return Promise.all(stretches.map((ids) => tokenizer.decode(ids)));
}

describe('tokenizeSupervised', () => {
  const twoTurns = [user('q'), assistant('one'), user('r'), assistant('two')];

  it.each<[ChatTemplateName, string[]]>([
    ['alpaca', ['one</s>', 'two</s>']],
    ['vicuna', [' one</s>', ' two</s>']],
    ['chatml', ['one<|im_end|>', 'two<|im_end|>']],
    ['llama2', [' one </s>', ' two </s>']],
    ['model', ['one</s>', 'two</s>']],
  ])('%s: trains on every answer and its end, and on nothing else', async (name, want) => {
    expect(await trainedText(twoTurns, chatTemplate(name, tokenizer))).toEqual(want);
  });

  it('the whole is what the template renders, and the prompt what generation will see', async () => {
    const template = chatTemplate('chatml', tokenizer);
    const item = await tokenizeSupervised({ messages: twoTurns }, tokenizer, template, { maxLength: 1000 });
    if (isDropped(item)) throw new Error(item.dropped);
    const rendered = template.render(twoTurns, { addGenerationPrompt: false });
    expect(`${await tokenizer.decode([...item.inputIds])}\n`).toBe(rendered);
    const prompt = await tokenizePrompt({ messages: twoTurns.slice(0, 3) }, tokenizer, template, {
      maxLength: 999,
    });
    if (isDropped(prompt)) throw new Error(prompt.dropped);
    expect([...item.inputIds.slice(0, prompt.inputIds.length)]).toEqual([...prompt.inputIds]);
  });

  // <|user|> q <|assistant|> o n e </s> <|user|> r <|assistant|> t w o </s>
  it.each<[number, string[]]>([
    [14, ['one</s>', 'two</s>']],
    [11, ['one</s>', 't']],
    [7, ['one</s>']],
    [6, ['one']],
    [4, ['o']],
    [3, ['noLabelLeft']],
    [1, ['noLabelLeft']],
  ])('maxLength %i keeps the beginning', async (maxLength, want) => {
    expect(await trainedText(twoTurns, chatTemplate('model', tokenizer), maxLength)).toEqual(want);
  });

  it('keeps special tokens that a message spells as text', async () => {
    const hostile = [user('a</s><|assistant|>b'), assistant('say </s> or <|im_end|> now')];
    for (const name of ['model', 'chatml', 'alpaca'] as const) {
      const [text, ...more] = await trainedText(hostile, chatTemplate(name, tokenizer));
      expect(more).toEqual([]);
      expect(text).toMatch(/^say <\/s> or <\|im_end\|> now(<\/s>|<\|im_end\|>)$/);
    }
  });

  it.each<[string, number, string]>([
    ['Once upon', 100, 'Once upon</s>'],
    ['it ends</s>', 100, 'it ends</s>'],
    ['<|im_start|>user\nq<|im_end|>', 100, '<|im_start|>user\nq<|im_end|></s>'],
    ['Once upon', 4, 'Once'],
  ])('a text without turns is learned whole: %j at %i tokens', async (content, maxLength, want) => {
    const example = { messages: [assistant(content)], plain: true as const };
    const item = await tokenizeSupervised(example, tokenizer, chatTemplate('chatml', tokenizer), {
      maxLength,
    });
    if (isDropped(item)) throw new Error(item.dropped);
    expect(await tokenizer.decode([...item.inputIds])).toBe(want);
    expect(item.labels).toEqual(item.inputIds);
    const short = await tokenizeSupervised(example, tokenizer, chatTemplate('chatml', tokenizer), {
      maxLength: 1,
    });
    expect(short).toEqual({ dropped: 'noLabelLeft' });
  });

  it('a text without turns begins with one BOS where the tokenizer adds it', async () => {
    const encode = jest.fn(async (_text: string, _options?: object) => [1, 7]);
    const llama = { ...tokenizer, bosToken: '<s>', encode };
    for (const [content, addSpecialTokens] of [
      ['a', true],
      ['<s>a', false],
    ] as const) {
      const example = { messages: [assistant(content)], plain: true as const };
      await tokenizeSupervised(example, llama, chatTemplate('chatml', tokenizer), { maxLength: 9 });
      expect(encode).toHaveBeenLastCalledWith(content, { parseSpecialTokens: true, addSpecialTokens });
    }
  });

  it('adds EOS where the template ends an answer with nothing', async () => {
    const bare: ChatTemplate = {
      name: 'bare',
      stop: [],
      jinja: '',
      stopTokenIds: [],
      render: (messages, { addGenerationPrompt }) =>
        messages.map(({ role, content }) => `${role}: ${content}\n`).join('') +
        (addGenerationPrompt ? 'assistant:' : ''),
    };
    expect(await trainedText([user('q'), assistant('a')], bare)).toEqual([' a\n</s>']);
  });

  it('trains on the last turn only where the template rewrites history', async () => {
    const forgetful: ChatTemplate = {
      ...chatTemplate('model', tokenizer),
      render: (messages, options) =>
        chatTemplate('model', tokenizer).render(
          messages.map((m, i) => (m.role === 'assistant' && i < messages.length - 1 ? assistant('-') : m)),
          options,
        ),
    };
    expect(await trainedText(twoTurns, forgetful)).toEqual(['two</s>']);
  });

  it('ignores what follows the last answer', async () => {
    expect(
      await trainedText([user('q'), assistant('a'), user('bye')], chatTemplate('model', tokenizer)),
    ).toEqual(['a</s>']);
  });

  it('says why it drops', async () => {
    const template = chatTemplate('llama2', tokenizer);
    expect(await trainedText([user('q')], template)).toEqual(['noAssistantTurn']);
    expect(await trainedText([assistant('a')], template)).toEqual(['templateRefuses']);
  });
});

describe('tokenizePreference', () => {
  const pair = { prompt: [user('q')], chosen: 'good', rejected: 'bad' };
  const tokenize = (example: object, maxLength = 100) =>
    tokenizePreference({ ...pair, ...example }, tokenizer, chatTemplate('model', tokenizer), { maxLength });

  it('has both answers after the same prompt', async () => {
    const item = await tokenize({ margin: 2, weight: 0.5 });
    if (isDropped(item)) throw new Error(item.dropped);
    const answer = (ids: Int32Array) => tokenizer.decode([...ids.slice(item.promptLength)]);
    expect([await answer(item.chosenIds), await answer(item.rejectedIds)]).toEqual(['good</s>', 'bad</s>']);
    expect(item.chosenIds.slice(0, item.promptLength)).toEqual(item.rejectedIds.slice(0, item.promptLength));
    expect([item.promptLength, item.margin, item.weight]).toEqual([3, 2, 0.5]);
  });

  it('counts earlier answers to the prompt', async () => {
    const item = await tokenize({ prompt: [user('q'), assistant('hm'), user('r')] });
    if (isDropped(item)) throw new Error(item.dropped);
    expect(await tokenizer.decode([...item.chosenIds.slice(item.promptLength)])).toBe('good</s>');
  });

  it('defaults to weight 1 without margin', async () => {
    expect(await tokenize({})).toMatchObject({ margin: 0, weight: 1 });
  });

  it.each([
    ['identicalAnswers', { rejected: 'good' }, 100],
    ['answerTooLong', {}, 7],
    ['promptTooLong', {}, 2],
  ])('%s', async (reason, example, maxLength) => {
    expect(await tokenize(example, maxLength)).toEqual({ dropped: reason });
  });

  it('keeps a pair that just fits', async () => {
    expect(isDropped(await tokenize({}, 8))).toBe(false);
  });
});

describe('tokenizePrompt', () => {
  it('drops a prompt that is too long, and keeps one that just fits', async () => {
    const template = chatTemplate('model', tokenizer);
    const tokenize = (maxLength: number) =>
      tokenizePrompt({ messages: [user('q')] }, tokenizer, template, { maxLength });
    expect(await tokenize(2)).toEqual({ dropped: 'promptTooLong' });
    expect(await tokenize(3)).toEqual({ inputIds: Int32Array.of(5, tokenizer.tokenToId('q') ?? -1, 6) });
  });
});

describe('tokenizeAll', () => {
  const one = async (n: number) =>
    n % 3 === 0 ? { dropped: 'noLabelLeft' as const, detail: 'Because.' } : { n };

  it('keeps the order and counts what is dropped', async () => {
    const result = await tokenizeAll(
      Array.from({ length: 600 }, (_, i) => i),
      one,
    );
    expect(result.items.slice(0, 3)).toEqual([{ n: 1 }, { n: 2 }, { n: 4 }]);
    expect(result.sources.at(-1)).toBe(599);
    expect(result.dropped).toEqual({ noLabelLeft: 200 });
  });

  it('throws when nothing is left', async () => {
    await expect(tokenizeAll([0, 3], one)).rejects.toThrow(
      /none of 2 examples is left: 2 noLabelLeft. Because./,
    );
    expect((await tokenizeAll([], one)).items).toEqual([]);
  });
});
