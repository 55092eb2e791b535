import type { Row } from '../reading/row';
import { convert, detected } from '../testing/convert';
import { assistant, turns, user } from '../testing/messages';
import { withoutCitations } from './citations';

const one = (...contents: string[]) => [{ messages: turns(...contents) }];
const withInput = (instruction: string, input: string) => ({
  ...user(`${instruction}\n\n${input}`),
  parts: { instruction, input },
});

const task = (instance: unknown, definition: unknown = ['Do it.']) => ({
  Definition: definition,
  Instances: [instance],
});
const gpt4all = (response: string) => ({ prompt: 'q', response, source: 's' });

describe('supervised: the rows of each set, with its known problems', () => {
  it.each<[string, string, Row, unknown]>([
    ['gpt4all', 'plain', gpt4all('a'), one('q', 'a')],
    ['gpt4all', 'a refusal', gpt4all('As an AI language model, I cannot do that.'), 'refusal'],
    ['gpt4all', 'a refusal inside', gpt4all("Sorry, I'm just an AI model and"), 'refusal'],
    [
      'gpt4all',
      'an answer about such models',
      gpt4all('GPT-3 is an AI language model.'),
      one('q', 'GPT-3 is an AI language model.'),
    ],
    ['gpt4all', 'empty', gpt4all(' '), 'emptyOutput'],
    [
      'natural-instructions',
      'Definition as a list',
      task({ id: '1', input: 'x', output: ['a'] }),
      [{ messages: [withInput('Do it.', 'x'), assistant('a')] }],
    ],
    [
      'natural-instructions',
      'Definition as a text, no id, output as a text',
      task({ input: 'x', output: 'a' }, 'Do it.'),
      [{ messages: [withInput('Do it.', 'x'), assistant('a')] }],
    ],
    [
      'natural-instructions',
      'several answers, one twice, one empty',
      task({ input: 'x', output: ['a', 'b', 'a ', ''] }),
      ['a', 'b'].map((text) => ({ messages: [withInput('Do it.', 'x'), assistant(text)] })),
    ],
    ['natural-instructions', 'no answer', task({ input: 'x', output: [] }), 'emptyOutput'],
    ['natural-instructions', 'a number', task({ input: 'x', output: [1] }), 'wrongType:output'],
    ['natural-instructions', 'no definition', task({ input: 'x', output: ['a'] }, []), 'emptyInstruction'],
    [
      'natural-instructions',
      'a strange definition',
      task({ input: 'x', output: 'a' }, [1]),
      'wrongType:Definition',
    ],
    [
      'natural-instructions',
      'instances of a wrong type',
      { Definition: 'd', Instances: 'x' },
      'wrongType:Instances',
    ],
    ['natural-instructions', 'worked examples only', { Definition: 'd', 'Positive Examples': [{}] }, []],
    [
      'natural-instructions',
      'the flat form',
      { task_name: 't', definition: 'Do it.', inputs: 'x', targets: 'a' },
      [{ messages: [withInput('Do it.', 'x'), assistant('a')] }],
    ],
    [
      'guanaco',
      'history in input, then the question as instruction',
      { instruction: 'r', input: 'User: q\nAssistant: a', output: 'b' },
      one('q', 'a', 'r', 'b'),
    ],
    [
      'guanaco',
      'history in input with its question',
      { instruction: 'Be brief.', input: 'User: q\nAssistant: a\nUser: r\nAssistant:', output: 'b' },
      [{ messages: [{ role: 'system', content: 'Be brief.' }, ...turns('q', 'a', 'r', 'b')] }],
    ],
    [
      'guanaco',
      'history in instruction',
      { instruction: 'User: q\nAssistant: a', input: 'User: r', output: 'b' },
      one('q', 'a', 'r', 'b'),
    ],
    ['guanaco', 'no history', { instruction: 'i', input: '', output: 'o' }, one('i', 'o')],
    ['guanaco', 'no answer', { instruction: 'i', input: 'User: q', output: '' }, 'emptyOutput'],
    [
      'hc3',
      'answers of ChatGPT only',
      { question: 'q', human_answers: ['h'], chatgpt_answers: ['a', 'b', ''], source: 's' },
      [...one('q', 'a'), ...one('q', 'b')],
    ],
    ['hc3', 'empty list', { question: 'q', human_answers: ['h'], chatgpt_answers: [] }, 'noAnswer'],
    [
      'hc3',
      'a text',
      { question: 'q', human_answers: [], chatgpt_answers: 'a' },
      'wrongType:chatgpt_answers',
    ],
    [
      'flan-cot',
      'the rationale comes first',
      { 0: 'q', 1: 'yes', 2: 'Because:\\n- Indeed.' },
      one('q', 'Because:\n- Indeed.\nSo the answer is yes.'),
    ],
    ['flan-cot', 'two columns', { 0: 'q', 1: 'yes' }, 'missing:2'],
    ['flan-cot', 'no rationale', { 0: 'q', 1: 'yes', 2: '' }, 'emptyRationale'],
    ['safety-prompts', 'a row', { prompt: 'q', response: 'a', type: 'Insult' }, one('q', 'a')],
    [
      'safety-prompts',
      'keyed by type',
      { Insult: [{ prompt: 'q', response: 'a', type: 'Insult' }] },
      one('q', 'a'),
    ],
    ['safety-prompts', 'empty', { prompt: 'q', response: '', type: 'Insult' }, 'emptyOutput'],
    ['safety-prompts', 'something else', { a: 1 }, 'missing:prompt'],
    [
      'belle',
      'self-reference',
      { instruction: '你是谁', output: '作为一个GPT模型，我没有感情。' },
      'selfReference',
    ],
    [
      'belle',
      'a text about such models',
      { instruction: '解释GPT模型', output: 'GPT模型是一种神经网络。' },
      one('解释GPT模型', 'GPT模型是一种神经网络。'),
    ],
  ])('%s: %s', (name, _, row, want) => {
    expect(convert(name, 'supervised', row)).toEqual(want);
  });
});

describe('prompts', () => {
  it.each<[string, Row, unknown]>([
    [
      'natural-instructions',
      task({ input: 'x', output: ['a', 'b'] }),
      [{ messages: [withInput('Do it.', 'x')], answer: 'a' }],
    ],
    ['flan-cot', { 0: 'q', 1: 'yes', 2: 'because' }, [{ messages: turns('q'), answer: 'yes' }]],
    ['hc3', { question: 'q', human_answers: [], chatgpt_answers: [] }, [{ messages: turns('q') }]],
  ])('%s: %j', (name, row, want) => {
    expect(convert(name, 'prompts', row)).toEqual(want);
  });
});

describe('a row is recognized', () => {
  it.each<[string, Row]>([
    ['prompt-completion', gpt4all('a')],
    ['natural-instructions', task({})],
    ['natural-instructions', { definition: 'd', inputs: 'x', targets: 'a' }],
    ['guanaco', { instruction: 'i', input: 'User: q\nAssistant: a', output: 'o' }],
    ['alpaca', { instruction: 'i', input: 'the user: me', output: 'o' }],
    ['hc3', { question: 'q', human_answers: [], chatgpt_answers: [] }],
    ['safety-prompts', { prompt: 'q', response: 'a', type: 't' }],
    ['safety-prompts', { Insult: [{ prompt: 'q', response: 'a', type: 't' }] }],
    ['alpaca', { instruction: '问', input: '', output: '答' }],
    ['input-target', { input: '问', target: '答' }],
    ['gpteacher', { instruction: 'i', input: '', response: 'r' }],
    ['prompt-completion', { instruction: 'i', context: '', response: 'r', category: 'c' }],
  ])('%s: %j', (name, row) => {
    expect(detected(row)).toBe(name);
  });

  it('but the red-team file of HH-RLHF is no preference data', () => {
    expect(detected({ transcript: '\n\nHuman: q\n\nAssistant: a', rating: 3, tags: [] })).toBeUndefined();
  });
});

describe('withoutCitations', () => {
  it.each<[string, number | undefined, string]>([
    ['Rain falls [1][2].', 2, 'Rain falls.'],
    ['Rain [1, 2] falls [3]', 2, 'Rain falls [3]'],
    ['he [sic] said [in 1990] [1990]', undefined, 'he [sic] said [in 1990] [1990]'],
    ['[0] and []', undefined, '[0] and []'],
  ])('%j with %s sources', (text, sources, want) => {
    expect(withoutCitations(text, sources)).toBe(want);
  });
});
