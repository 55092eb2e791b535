import { buildTokenizer, chatTemplate, loadTokenizer, type Message } from '@open-chatgpt/tokenizer';
import { DropLog } from '../records/drop-log';
import { Statistics } from '../records/statistics';
import { tokenizeRecords } from './tokenize-records';

const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });

it('counts the answers that are not learned as they were written, with their rows', async () => {
  const { tokenizerJson, tokenizerConfig } = buildTokenizer('abcdefghijklmnopqrstuvwxyz ');
  const tokenizer = await loadTokenizer({
    tokenizerJson,
    tokenizerConfig: {
      ...tokenizerConfig,
      // Removes what precedes a "z" from all answers but the last.
      chat_template:
        "{% for m in messages %}{{ '<|' + m.role + '|>' + (m.content if loop.last else m.content.split('z')[-1]) }}" +
        "{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}" +
        "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
    },
  });
  const conversations = [
    [user('q'), assistant('one'), user('r'), assistant('two')],
    [user('q'), assistant('why z one'), user('r'), assistant('two')],
    [user('q'), assistant('on é'), user('r'), assistant('a long answer that is cut somewhere')],
    [user('q'), assistant('one'), user('a question that leaves no place for its answer'), assistant('no')],
  ];
  const records = conversations.map((messages, number) => ({
    number,
    text: JSON.stringify({ messages, dataset: 'mine', row: number + 1, language: 'und' }),
  }));
  const [dropped, lost] = [new DropLog(), new DropLog()];
  const tokenization = { tokenizer, template: chatTemplate('model', tokenizer), maxLength: 24 };
  const rows = await tokenizeRecords(
    records,
    'supervised',
    tokenization,
    'f',
    dropped,
    new Statistics(),
    lost,
  );
  expect([rows.length, dropped.total]).toEqual([4, 0]);
  const counted = Object.entries(lost.counts).map(([reason, { count, examples }]) => [
    reason,
    count,
    examples.map(({ row }) => row),
  ]);
  expect(counted).toEqual([
    ['rewrittenLater', 1, [2]],
    ['decodesDifferently', 1, [3]],
    ['cutAtMaxLength', 1, [3]],
    ['beyondMaxLength', 1, [4]],
  ]);
});
