import type { DatasetKind } from '../adapters/adapter';
import { asShareGpt, assistant, system, user } from '../testing/messages';
import { readRows } from '../testing/read-rows';

/** The example of a file of one row. */
async function first(row: unknown, kind: DatasetKind = 'supervised') {
  const { examples, dropped } = await readRows([row], kind);
  expect(dropped).toEqual({});
  return examples[0];
}

const unlearned = (content: string) => ({ role: 'assistant', content, learned: false });

describe('what a row says beside question and answer is used', () => {
  const turns = [user('Where is the nearest star?'), assistant('At 8 light minutes.')];
  const row = { instruction: 'And the next one?', input: '', output: 'At 4 light years.' };
  const last = [user('And the next one?'), assistant('At 4 light years.')];

  it.each<[string, object, unknown[]]>([
    ['system', { ...row, system: 'You are an astronomer.' }, [system('You are an astronomer.'), ...last]],
    ['no system text', { ...row, system: ' ' }, last],
    [
      'history',
      { ...row, history: [['Where is the nearest star?', 'At 8 light minutes.']] },
      [...turns, ...last],
    ],
    [
      'history as objects',
      { ...row, history: [{ prompt: 'Where is the nearest star?', response: 'At 8 light minutes.' }] },
      [...turns, ...last],
    ],
    [
      'both',
      { ...row, history: [['Where is the nearest star?', 'At 8 light minutes.']], system: 'Be brief.' },
      [system('Be brief.'), ...turns, ...last],
    ],
    ['no history', { ...row, history: [], system: null }, last],
    [
      'history as JSON in a cell',
      { ...row, history: '[["Where is the nearest star?", "At 8 light minutes."]]' },
      [...turns, ...last],
    ],
    [
      'a system text beside messages',
      { messages: turns, system_prompt: 'You are an astronomer.' },
      [system('You are an astronomer.'), ...turns],
    ],
    [
      'a system text that the messages have too',
      { conversations: [{ from: 'system', value: 'Be brief.' }, ...asShareGpt(turns)], system: 'Be brief.' },
      [system('Be brief.'), ...turns],
    ],
  ])('%s', async (_, given, messages) => {
    expect(await first(given)).toEqual({ messages });
  });

  it('in prompts and pairs too', async () => {
    const context = { system: 'Be brief.', history: [['Where is the nearest star?', 'At 8 light minutes.']] };
    const prompt = [system('Be brief.'), ...turns, user('And the next one?')];
    expect(await first({ ...row, ...context }, 'prompts')).toEqual({ messages: prompt });
    const pair = { prompt: 'And the next one?', chosen: 'At 4 light years.', rejected: 'No idea.' };
    expect(await first({ ...pair, ...context }, 'preference')).toEqual({ ...pair, prompt });
  });

  it.each<[string, unknown[], unknown[]]>([
    [
      'weight',
      [user('a'), { ...assistant('bad'), weight: 0 }, user('b'), { ...assistant('good'), weight: 1 }],
      [user('a'), unlearned('bad'), user('b'), assistant('good')],
    ],
    [
      'train',
      [user('a'), { ...assistant('bad'), train: false }, user('b'), assistant('good')],
      [user('a'), unlearned('bad'), user('b'), assistant('good')],
    ],
    [
      'loss',
      [user('a'), { ...assistant('good'), loss: true }, user('b'), { ...assistant('bad'), loss: false }],
      [user('a'), assistant('good'), user('b'), unlearned('bad')],
    ],
    [
      'answers of one turn that differ',
      [user('a'), { ...assistant('bad'), weight: 0 }, assistant('good')],
      [user('a'), unlearned('bad'), assistant('good')],
    ],
  ])('an answer that the row marks by %s is read and not learned', async (_, messages, want) => {
    expect(await first({ messages })).toEqual({ messages: want });
  });

  it('also in ShareGPT', async () => {
    const conversations = [
      { from: 'human', value: 'a' },
      { from: 'gpt', value: 'bad', weight: 0 },
      { from: 'human', value: 'b' },
      { from: 'gpt', value: 'good' },
    ];
    const messages = [user('a'), unlearned('bad'), user('b'), assistant('good')];
    expect(await first({ conversations })).toEqual({ messages });
  });

  it.each<[string, object]>([
    ['texts', { chosen: 'Paris.', rejected: 'No idea.' }],
    ['turns', { chosen: { from: 'gpt', value: 'Paris.' }, rejected: { from: 'gpt', value: 'No idea.' } }],
    ['messages', { chosen: [assistant('Paris.')], rejected: [assistant('No idea.')] }],
  ])('a conversation with two answers is a pair, with %s', async (_, answers) => {
    const prompt = [user('A country?'), assistant('France.'), user('Its capital?')];
    const rows = [{ conversations: asShareGpt(prompt), ...answers }];
    const pair = { prompt, chosen: 'Paris.', rejected: 'No idea.' };
    expect((await readRows(rows, 'preference')).examples).toEqual([pair]);
  });
});
