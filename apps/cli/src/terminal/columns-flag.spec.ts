import { parseColumns, shownColumns } from './columns-flag';

describe('--columns', () => {
  it.each([
    ['prompt=question,output=answer', { prompt: 'question', output: 'answer' }],
    [' prompt = Die Frage , output=Antwort (DE)', { prompt: 'Die Frage', output: 'Antwort (DE)' }],
    ['prompt=Ask, politely,output=a=b', { prompt: 'Ask, politely', output: 'a=b' }],
    ['prompt=0', { prompt: '0' }],
  ])('%s', (text, columns) => {
    expect(parseColumns(text)).toEqual(columns);
  });

  it('is shown as it is written', () => {
    expect(parseColumns(shownColumns({ prompt: 'q', output: 'Die Antwort' }))).toEqual({
      prompt: 'q',
      output: 'Die Antwort',
    });
  });

  it.each(['', 'prompt', 'prompt=', '=question', 'prompt=a,prompt=b'])('%j is refused', (text) => {
    expect(() => parseColumns(text)).toThrow(/Expected field=column|is given twice/);
  });
});
