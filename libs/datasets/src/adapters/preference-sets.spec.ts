import type { Row } from '../reading/row';
import { convert, detected } from '../testing/convert';
import { assistant, user } from '../testing/messages';
import { createShp } from './shp';

const pair = (more: object = {}, prompt: unknown[] = [user('q')]) => [
  { prompt, chosen: 'good', rejected: 'bad', ...more },
];

const shp = (more: object = {}) => ({
  post_id: 'p',
  history: 'q',
  human_ref_A: 'good',
  human_ref_B: 'bad',
  labels: 1,
  score_A: 8,
  score_B: 4,
  score_ratio: 2,
  ...more,
});
const webgpt = (score: number, more: object = {}) => ({
  question: { dataset: 'eli5', id: '1', full_text: 'q' },
  quotes_0: { title: ['t'], extract: ['e', 'f'] },
  answer_0: 'good [1][2]',
  score_0: score,
  quotes_1: { title: [], extract: [] },
  answer_1: 'bad',
  score_1: -score,
  ...more,
});
const rawWebgpt = (score: number) => ({
  0: { question: { full_text: 'q' }, quotes: { extract: ['e'] }, answer: 'good [1]', score },
  1: { question: { full_text: 'q' }, quotes: { extract: [] }, answer: 'bad', score: -score },
});
const ALPACA = (input: string) =>
  `Below is an instruction that describes a task.\n\n### Instruction:\nq\n\n${input}### Response:`;
const scored = (...answers: [string, number][]) =>
  answers.map(([response, score]) => ({ response, source: 'x', score }));
const rated = (response: string, ratings: string[], overall: number) => ({
  model: 'm',
  response,
  annotations: Object.fromEntries(ratings.map((Rating, i) => [`aspect${i}`, { Rating }])),
  overall_score: overall,
});
const turn = { prompt: '\n\nHuman: q\n\nAssistant:', chosen: 'good', rejected: 'bad' };

describe('preference: the rows of each set, with its known problems', () => {
  it.each<[string, string, Row, unknown]>([
    ['shp', 'A is better', shp(), pair({ margin: Math.log(2) })],
    [
      'shp',
      'B is better',
      shp({ labels: 0, human_ref_A: 'bad', human_ref_B: 'good', score_A: 4, score_B: 8 }),
      pair({ margin: Math.log(2) }),
    ],
    ['shp', 'almost as good', shp({ score_ratio: 1.2 }), 'scoresTooClose'],
    ['shp', 'label against the scores', shp({ labels: 0 }), 'scoresContradict'],
    ['shp', 'a strange label', shp({ labels: '1' }), 'wrongType:labels'],
    ['shp', 'no ratio', shp({ score_ratio: null }), 'wrongType:score_ratio'],
    ['shp', 'no post', shp({ history: '' }), 'emptyPrompt'],
    ['webgpt', 'the first wins, its citations go', webgpt(0.5), pair({ margin: 1 })],
    ['webgpt', 'the second wins', webgpt(-1, { answer_0: 'bad', answer_1: 'good' }), pair({ margin: 2 })],
    ['webgpt', 'a tie is soft', webgpt(0), pair({ margin: 0, weight: 0.5 })],
    [
      'webgpt',
      'other brackets stay',
      webgpt(1, { answer_0: 'good [sic] [1] [3]' }),
      pair({ margin: 2, chosen: 'good [sic] [3]' }),
    ],
    ['webgpt', 'the raw layout', rawWebgpt(0.5), pair({ margin: 1 })],
    ['webgpt', 'a raw tie', rawWebgpt(0), pair({ margin: 0, weight: 0.5 })],
    ['webgpt', 'an empty answer', webgpt(1, { answer_1: '' }), 'emptyAnswer'],
    ['webgpt', 'the same twice', webgpt(0, { answer_1: 'good' }), 'identicalAnswers'],
    ['webgpt', 'a score as text', webgpt(1, { score_0: '1' }), 'wrongType:score'],
    ['webgpt', 'a score out of range', webgpt(1, { score_0: 7 }), 'wrongType:score'],
    ['webgpt', 'no question', webgpt(1, { question: {} }), 'missing:full_text'],
    ['dahoas', 'prompt as transcript', { ...turn, response: 'good' }, pair()],
    [
      'dahoas',
      'noise: the answer continues with the human',
      { ...turn, response: '', rejected: 'bad\n\nHuman: more' },
      'turnsInAnswer',
    ],
    ['dahoas', 'no answer', { ...turn, response: '', chosen: '' }, 'emptyAnswer'],
    [
      'dahoas',
      'an answer for a prompt',
      { ...turn, prompt: 'Human: q\n\nAssistant: a' },
      'lastTurnIsNotQuestion',
    ],
    [
      'yitingxie',
      'the last Assistant: begins the answer',
      { ...turn, chosen: 'Human: q Assistant: a Assistant: good', rejected: 'Assistant: bad' },
      pair(),
    ],
    [
      'yitingxie',
      'nothing after it',
      { ...turn, chosen: 'Assistant:', rejected: 'Assistant: b' },
      'emptyAnswer',
    ],
    ['synthetic-gptj', 'roles are added', { prompt: 'q', chosen: 'good', rejected: 'bad' }, pair()],
    ['synthetic-gptj', 'the same twice', { prompt: 'q', chosen: 'a', rejected: 'a' }, 'identicalAnswers'],
    [
      'gpt-4-llm',
      'the Alpaca prompt goes; best over each other; ties are soft; empty ones are passed over',
      {
        user_input: ALPACA(''),
        responses_and_scores: scored(['bad', 3], ['good', 8], ['tie', 8], ['', 9]),
      },
      [...pair({ margin: 5 }), ...pair({ margin: 0, weight: 0.5, rejected: 'tie' })],
    ],
    [
      'gpt-4-llm',
      'with an input',
      {
        user_input: ALPACA('### Input:\nx\n\n'),
        responses_and_scores: scored(['bad', 3], ['good', 8]),
      },
      pair({ margin: 5 }, [{ ...user('q\n\nx'), parts: { instruction: 'q', input: 'x' } }]),
    ],
    [
      'gpt-4-llm',
      'no template',
      { user_input: 'q', responses_and_scores: scored(['bad', 3], ['good', 8]) },
      pair({ margin: 5 }),
    ],
    [
      'gpt-4-llm',
      'one answer',
      { user_input: 'q', responses_and_scores: scored(['a', 3], ['', 1]) },
      'oneAnswer',
    ],
    ['gpt-4-llm', 'all empty', { user_input: 'q', responses_and_scores: scored(['', 3]) }, 'emptyAnswer'],
    ['gpt-4-llm', 'a text', { user_input: 'q', responses_and_scores: 'x' }, 'wrongType:responses_and_scores'],
    [
      'gpt-4-llm',
      'a score as text',
      { user_input: 'q', responses_and_scores: [{ response: 'a', score: '9' }] },
      'wrongType:score',
    ],
    [
      'ultrafeedback',
      'a wrong overall_score does not count',
      { instruction: 'q', completions: [rated('bad', ['1', '1', 'N/A'], 10), rated('good', ['5', '4'], 8)] },
      pair({ margin: 3.5 }),
    ],
    [
      'ultrafeedback',
      'without ratings it is all there is',
      { instruction: 'q', completions: [rated('bad', [], 3), rated('good', ['5'], 8)] },
      pair({ margin: 5 }),
    ],
    ['ultrafeedback', 'no answers', { instruction: 'q', completions: [] }, 'noAnswer'],
    [
      'ultrafeedback',
      'no scores',
      { instruction: 'q', completions: [{ response: 'a' }] },
      'wrongType:overall_score',
    ],
    [
      'ultrafeedback',
      'binarized',
      {
        prompt: 'q',
        chosen: [user('q'), assistant('good')],
        rejected: [user('q'), assistant('bad')],
        score_chosen: 8,
        score_rejected: 8,
      },
      pair({ margin: 0, weight: 0.5 }),
    ],
  ])('%s: %s', (name, _, row, want) => {
    expect(convert(name, 'preference', row)).toEqual(want);
  });
});

describe('the better answer as a conversation', () => {
  const good = (...before: unknown[]) => [{ messages: [...before, user('q'), assistant('good')] }];
  it.each<[string, Row, unknown]>([
    ['webgpt', webgpt(1), good()],
    ['webgpt', webgpt(0), 'tie'],
    ['dahoas', { ...turn, response: 'good' }, good()],
    ['yitingxie', { ...turn, chosen: 'Assistant: good' }, good()],
    ['synthetic-gptj', { prompt: 'q', chosen: 'good' }, good()],
    ['gpt-4-llm', { user_input: 'q', responses_and_scores: scored(['bad', 1], ['good', 2]) }, good()],
    ['ultrafeedback', { instruction: 'q', completions: [rated('good', ['3'], 1)] }, good()],
  ])('%s: %j', (name, row, want) => {
    expect(convert(name, 'supervised', row)).toEqual(want);
  });
});

describe('shp: pairs of one post', () => {
  it('are capped, and a new reading starts from 0', () => {
    const adapter = createShp({ maxPairsPerPost: 2 });
    for (let reading = 0; reading < 2; reading++) {
      const read = adapter.begin?.('preference').preference as (row: Row) => unknown[];
      expect(read(shp())).toHaveLength(1);
      // Pairs that are left out anyway do not use up the post's share.
      expect(() => read(shp({ score_ratio: 1 }))).toThrow('scoresTooClose');
      expect(read(shp({ human_ref_B: 'worse' }))).toHaveLength(1);
      expect(() => read(shp({ human_ref_B: 'worst' }))).toThrow('postHasEnoughPairs');
      expect(read(shp({ post_id: 'other' }))).toHaveLength(1);
    }
  });

  it('take a smaller ratio on demand', () => {
    expect(createShp({ minScoreRatio: 1.1 }).preference?.(shp({ score_ratio: 1.2 }))).toHaveLength(1);
  });
});

describe('a row is recognized', () => {
  it.each<[string, Row]>([
    ['shp', shp()],
    ['webgpt', webgpt(0)],
    ['webgpt', rawWebgpt(0)],
    ['dahoas', { ...turn, response: 'good' }],
    ['yitingxie', { ...turn, chosen: 'Assistant: a', rejected: 'Assistant: b' }],
    ['preference', { prompt: 'q', chosen: 'a', rejected: 'b' }],
    ['gpt-4-llm', { user_input: 'q', responses_and_scores: [] }],
    ['ultrafeedback', { source: 's', instruction: 'q', completions: [] }],
    ['ultrafeedback', { prompt: 'q', chosen: [], rejected: [], score_chosen: 1, score_rejected: 0 }],
    ['hh-rlhf', { chosen: '\n\nHuman: q\n\nAssistant: a', rejected: '' }],
  ])('%s: %j', (name, row) => {
    expect(detected(row)).toBe(name);
  });
});
