import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChatTemplateError } from './chat-templates/chat-template';
import { chatTemplate } from './chat-templates/chat-templates';
import { encodeChat } from './encode-chat';
import { encodeConversation } from './encode-conversation';
import { loadTokenizer } from './load-tokenizer';
import type { Message } from './message';

const TEMPLATES = join(__dirname, '../../../tools/jinja/templates');
const GOLDEN = join(__dirname, '../golden/chat');
const read = (name: string) => readFileSync(join(GOLDEN, name), 'utf8');
const conversations: Record<string, Message[]> = JSON.parse(read('index.json')).conversations;

/** Answers without labels by template, over all conversations. All others are learned. */
const NOT_LEARNED: Record<string, string[]> = {
  'alpaca.jinja': ['rewrittenLater'],
  'command-r-tools.jinja': ['rewrittenLater'],
  'deepseek-r1.jinja': ['promptChanges', 'rewrittenLater'],
  'gemma2.jinja': ['templateRefuses'],
  'glm4.jinja': ['rewrittenLater'],
  'mistral-v1.jinja': ['templateRefuses'],
  'mistral-v3.jinja': ['rewrittenLater'],
  'qwen3.jinja': ['rewrittenLater'],
};

describe.each([
  ['byte-level', 0],
  ['SentencePiece', 2],
])('every template of tools/jinja, %s', (_, number) => {
  it.each(readdirSync(TEMPLATES))('%s', async (name) => {
    const tokenizer = await loadTokenizer({
      tokenizerJson: read(`tokenizer-${number}.json`),
      tokenizerConfig: {
        bos_token: '<s>',
        eos_token: '</s>',
        chat_template: readFileSync(join(TEMPLATES, name), 'utf8'),
      },
    });
    const template = chatTemplate('model', tokenizer);
    const missing = new Set<string>();
    for (const messages of Object.values(conversations)) {
      const encoding = encodeConversation(tokenizer, template, messages);
      const encoded = await encoding.catch((error) => {
        if (!(error instanceof ChatTemplateError)) throw error;
        missing.add('templateRefuses');
        return null;
      });
      if (!encoded) continue;
      const { ids, answers, notLearned } = encoded;
      expect(answers.length + notLearned.length).toBe(messages.filter((m) => m.role === 'assistant').length);
      for (const { turn, start, end, learned } of answers) {
        const before = messages.slice(0, turn);
        const prompt = await encodeChat(tokenizer, template, before, { addGenerationPrompt: true });
        expect(ids.slice(0, start)).toEqual(prompt);
        expect(learned.at(-1)?.end).toBe(end);
      }
      for (const { reason } of notLearned) if (reason !== 'joinedWithPrompt') missing.add(reason);
    }
    expect([...missing].sort()).toEqual(NOT_LEARNED[name] ?? []);
  });
});
