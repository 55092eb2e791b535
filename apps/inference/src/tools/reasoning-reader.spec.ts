import { ReasoningReader } from './reasoning-reader';

function read(begun: boolean, ...pieces: string[]): [reasoning: string, text: string] {
  const reader = new ReasoningReader(begun);
  const parts = [...pieces.map((piece) => reader.push(piece)), reader.end()];
  return [parts.map(({ reasoning }) => reasoning).join(''), parts.map(({ text }) => text).join('')];
}

describe('ReasoningReader', () => {
  it.each<[string, boolean, string, string, string]>([
    ['thoughts', false, '<think>a < b\n</think>\n\nyes', 'a < b', 'yes'],
    ['thoughts that the prompt begins', true, 'a </th b</think>yes', 'a </th b', 'yes'],
    ['thoughts that are cut', false, '\n<think>a </thi', 'a </thi', ''],
    ['thoughts and nothing else', true, 'a</think>\n', 'a', ''],
    ['no thoughts', false, ' <thin ice', '', ' <thin ice'],
    ['the marker later in the text', false, 'x <think>a</think>', '', 'x <think>a</think>'],
    ['nothing', false, '<th', '', '<th'],
  ])('%s, in any pieces', (_, begun, answer, reasoning, text) => {
    expect(read(begun, answer)).toEqual([reasoning, text]);
    expect(read(begun, ...answer)).toEqual([reasoning, text]);
    for (let at = 0; at < answer.length; at++)
      expect(read(begun, answer.slice(0, at), answer.slice(at))).toEqual([reasoning, text]);
  });

  it('gives thoughts while they arrive', () => {
    const reader = new ReasoningReader(false);
    expect(reader.push('<think>one two')).toEqual({ reasoning: 'one two', text: '' });
  });
});
