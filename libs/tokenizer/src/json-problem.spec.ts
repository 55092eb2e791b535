import { jsonProblem } from './json-problem';

describe('jsonProblem', () => {
  const secret = 'opensesame';
  it.each([
    ['another file', `${secret}:x:0:0\n`, 'not valid near its beginning, of 17 characters'],
    [
      'text in the middle',
      `{"a": [1, 2, ${secret}], "b": "${'c'.repeat(40)}"}`,
      'not valid near position 3, of 74 characters',
    ],
    ['a missing comma', `{"a": 1 "${secret}": 2}`, 'not valid at position 8, of 24 characters'],
    ['the half of a file', '{"a": ', 'it ends too early, of 6 characters'],
    ['nothing', '', 'it ends too early, of 0 characters'],
    ['a string without an end', `["${secret}`, 'it ends too early, of 12 characters'],
  ])('says the place and nothing of the text: %s', (_, text, expected) => {
    let problem = '';
    try {
      JSON.parse(text);
    } catch (error) {
      problem = jsonProblem(error, text);
    }
    expect(problem).toBe(expected);
  });
});
