import { disagreements, endingAs } from './end-tokens';

const template = { name: 'x', render: () => '', jinja: '', stop: [], stopTokenIds: [2] };
const tokenizer = { bosToken: '<s>', bosTokenId: 1, eosToken: '</s>', eosTokenId: 2 };
const model = { vocabSize: 10, bosTokenId: 1, eosTokenIds: [2], source: { bos_token_id: 1 } };

describe('endingAs', () => {
  it.each([
    [[2], [2]],
    [
      [2, 0],
      [2, 0],
    ],
    [
      [5, 2, 5],
      [2, 5],
    ],
    [[12], [2]],
    [[], [2]],
  ])('ends answers with the tokens of the template and the model: %j', (eosTokenIds, expected) => {
    expect(endingAs(template, { vocabSize: 10, eosTokenIds }).stopTokenIds).toEqual(expected);
  });

  it('leaves out the end token of a tokenizer that the model cannot generate', () => {
    expect(endingAs({ ...template, stopTokenIds: [10] }, model).stopTokenIds).toEqual([2]);
  });
});

describe('disagreements', () => {
  it('names both tokens, and which is followed', () => {
    const other = { ...model, bosTokenId: 0, eosTokenIds: [7, 8], source: { bos_token_id: 0 } };
    expect(disagreements(tokenizer, other)).toEqual([
      'tokenizer_config.json begins texts with "<s>" (id 1), config.json with id 0; the tokenizer is followed',
      'tokenizer_config.json ends answers with "</s>" (id 2), the model\'s configuration with 7, 8; the tokenizer is followed in ' +
        'training, and generation ends at each of them',
    ]);
  });

  it.each([
    ['one of several end tokens is that of the tokenizer', { eosTokenIds: [0, 2] }],
    ['the model names none', { bosTokenId: null, eosTokenIds: [], source: {} }],
    ['the beginning is a default', { bosTokenId: 5, source: {} }],
  ])('is silent when %s', (_, change) => {
    expect(disagreements(tokenizer, { ...model, ...change })).toEqual([]);
  });
});
