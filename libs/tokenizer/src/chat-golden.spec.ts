import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChatTemplateName, chatTemplate } from './chat-templates/chat-templates';
import { decodeSpan } from './decode-span';
import { encodeChat } from './encode-chat';
import { encodeConversation } from './encode-conversation';
import { loadTokenizer } from './load-tokenizer';
import type { Message } from './message';

/** What transformers makes of a conversation: tools/golden/chat.py. */
interface Case {
  tokenizer: number;
  template: string;
  conversation: string;
  text: string;
  ids: number[];
  /** By turn, the generation prompt before each answer. */
  prompts: Record<string, number[]>;
  /** By turn, the text to learn. */
  learned: Record<string, string>;
  /** Whether the last prompt is not the beginning of `ids`. */
  joined: boolean;
  /** The places in `ids` of the generation blocks. */
  mask?: number[];
}

const FOLDER = join(__dirname, '../golden/chat');
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');
const index: {
  tokenizers: string[];
  templates: Record<string, string>;
  conversations: Record<string, Message[]>;
} = JSON.parse(read('index.json'));
const cases: Case[] = JSON.parse(read('cases.json'));

const open = async (tokenizer: number, template: string) => {
  const tokenizerJson = read(`tokenizer-${tokenizer}.json`);
  const config = { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>', chat_template: template };
  return loadTokenizer({ tokenizerJson, tokenizerConfig: config });
};

describe.each(['native', 'pure'])('conversations as transformers encodes them, %s library', (backend) => {
  const before = process.env['OPEN_CHATGPT_TOKENIZER'];
  beforeAll(() => {
    process.env['OPEN_CHATGPT_TOKENIZER'] = backend;
  });
  afterAll(() => {
    if (before === undefined) delete process.env['OPEN_CHATGPT_TOKENIZER'];
    else process.env['OPEN_CHATGPT_TOKENIZER'] = before;
  });

  const pairs = index.tokenizers.flatMap((name, number) =>
    Object.keys(index.templates).map((template): [string, string, number] => [name, template, number]),
  );
  it.each(pairs)('%s: %s', async (_, template, number) => {
    const tokenizer = await open(number, index.templates[template]);
    const chat = chatTemplate('model', tokenizer);
    const chosen = cases.filter((one) => one.tokenizer === number && one.template === template);
    expect(chosen).toHaveLength(Object.keys(index.conversations).length);
    for (const { conversation, text, ids, prompts, learned, joined, mask } of chosen) {
      const messages = index.conversations[conversation];
      expect(chat.render(messages, { addGenerationPrompt: false })).toBe(text);
      expect(await encodeChat(tokenizer, chat, messages, { addGenerationPrompt: false })).toEqual(ids);
      for (const [turn, prompt] of Object.entries(prompts))
        expect(
          await encodeChat(tokenizer, chat, messages.slice(0, Number(turn)), { addGenerationPrompt: true }),
        ).toEqual(prompt);

      const row = await encodeConversation(tokenizer, chat, messages);
      if (!joined) expect(row.ids).toEqual(ids.slice(0, row.ids.length));
      for (const { turn, start } of row.answers) expect(row.ids.slice(0, start)).toEqual(prompts[turn]);
      expect(row.answers.every(({ altered }) => altered === null)).toBe(true);
      const turns = Object.keys(prompts).map(Number);
      expect([...row.answers, ...row.notLearned].map(({ turn }) => turn).sort((a, b) => a - b)).toEqual(
        turns,
      );
      expect(row.answers.map(({ turn }) => `${turn}`)).toEqual(Object.keys(learned));
      if (mask) {
        const places = row.answers
          .flatMap((answer) => answer.learned)
          .flatMap(({ start, end }) => Array.from({ length: end - start }, (_, at) => start + at));
        if (row.notLearned.length === 0 && !joined) expect(places).toEqual(mask);
      }
      // These tokenizers put a blank before the text after a tag.
      else
        for (const { turn, start, end } of row.answers)
          expect([learned[turn], ` ${learned[turn]}`]).toContain(
            await decodeSpan(tokenizer, row.ids, start, end),
          );
    }
  });
});

describe('named templates with these tokenizers', () => {
  const names: ChatTemplateName[] = ['alpaca', 'vicuna', 'chatml', 'llama2'];
  it.each(
    index.tokenizers.flatMap((name, number) => names.map((template) => [name, template, number] as const)),
  )('%s, %s: the ids before each answer are its generation prompt', async (_, name, number) => {
    const tokenizer = await open(number, '');
    const template = chatTemplate(name, tokenizer);
    for (const messages of Object.values(index.conversations)) {
      const { ids, answers, notLearned } = await encodeConversation(tokenizer, template, messages);
      expect(answers.length + notLearned.length).toBe(messages.filter((m) => m.role === 'assistant').length);
      for (const { turn, start } of answers)
        expect(
          await encodeChat(tokenizer, template, messages.slice(0, turn), { addGenerationPrompt: true }),
        ).toEqual(ids.slice(0, start));
    }
  });
});
