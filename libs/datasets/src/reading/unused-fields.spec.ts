import { assistant, system, user } from '../testing/messages';
import { goodRow, readRows } from '../testing/read-rows';

describe('a row with a field that is not used is left out, and the reason names the field', () => {
  const talk = (more: object, turn: object = {}) => ({
    messages: [user('a'), { ...assistant('b'), ...turn }],
    ...more,
  });
  it.each<[string, object]>([
    ['unused:images', { ...goodRow, images: ['nut.png'] }],
    ['unused:label', { ...goodRow, label: false }],
    ['unused:chosen', { ...goodRow, chosen: 'A hazelnut.', rejected: 'A pear.' }],
    ['unused:context', { ...goodRow, context: 'Trees.' }],
    ['unused:weight', { ...goodRow, weight: 0 }],
    ['unused:train', { ...goodRow, train: false }],
    ['unused:reasoning_content', { ...goodRow, reasoning_content: 'Nuts are …' }],
    ['wrongType:tools', talk({ tools: [{ type: 'search' }] })],
    ['unused:tools', talk({}, { tools: [{ name: 'search' }] })],
    ['unused:rejected', talk({ rejected: [assistant('c')] })],
    ['unused:mask', talk({}, { mask: true })],
    ['unused:reasoning_content', talk({}, { reasoning_content: 'hm' })],
    ['wrongType:weight', talk({}, { weight: 0.5 })],
    ['weightsContradict', talk({}, { weight: 0, train: true })],
    ['noAnswerToLearn', talk({}, { weight: 0 })],
    ['learnedTurn:user', { messages: [{ ...user('a'), train: true }, assistant('b')] }],
    ['twoSystemTexts', { messages: [system('s'), user('a'), assistant('b')], system: 't' }],
    ['wrongType:history', { ...goodRow, history: [['only a question']] }],
    ['empty:history', { ...goodRow, history: [['', 'an answer']] }],
  ])('%s', async (reason, row) => {
    const rows = [row, 'messages' in row ? talk({}) : goodRow];
    const { examples, dropped } = await readRows(
      rows,
      'supervised',
      'messages' in row ? 'messages' : 'alpaca',
    );
    expect([examples.length, dropped]).toEqual([1, { [reason]: 1 }]);
  });

  it.each<[string, object]>([
    ['that says nothing', { ...goodRow, weight: 1, train: true, tools: [], images: null, label: '' }],
    [
      'that says nothing in a cell',
      { ...goodRow, weight: '1.0', train: 'True', tools: '[]', history: '[]', images: 'null' },
    ],
    ['whose text is in the example', { ...goodRow, context: 'walnut' }],
    [
      'of a pair whose better answer is the output',
      { ...goodRow, chosen: goodRow.output, rejected: 'A pear.' },
    ],
    ['that says how the answer was made', { ...goodRow, reasoning: 'off', thinking: false }],
    ['that is unknown', { ...goodRow, id: 7, source: 'me', category: 'trees' }],
    ['of another layout that repeats the example', { ...talk({}), prompt: 'a', conversation: [user('a')] }],
  ])('but not for a field %s', async (_, row) => {
    const adapter = 'chosen' in row ? 'alpaca' : undefined;
    expect((await readRows([row], 'supervised', adapter)).dropped).toEqual({});
  });

  it('prompts need no answer', async () => {
    expect((await readRows([{ ...goodRow, label: false, weight: 0 }], 'prompts')).dropped).toEqual({});
  });
});
