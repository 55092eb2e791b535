import { asShareGpt, assistant, user } from '../testing/messages';
import { goodRow, readRows } from '../testing/read-rows';

describe('the faults of one dataset are corrected where its name is given or its rows prove it', () => {
  const shown = async (rows: unknown[], adapter?: string) => {
    const { repaired, examples } = await readRows(rows, 'supervised', adapter);
    const counts = Object.entries(repaired).map(
      ([
        name,
        {
          rows: count,
          first: { before, after },
        },
      ]) => [name, count, before, after],
    );
    return { texts: examples.map(({ messages }) => messages.map(({ content }) => content)), counts };
  };

  it('BELLE by name, except where it looks like LaTeX, a path or a program', async () => {
    const rows = [
      { instruction: '写诗：\\n\n', input: '', output: '春\\n夏' },
      { instruction: '算梯度', input: '', output: '\\nabla f\\n2' },
      { instruction: '路径', input: '', output: 'C:\\new\\names' },
      { instruction: '拆分', input: '', output: "split('\\n')" },
    ];
    const { texts, counts } = await shown(rows, 'belle');
    expect(texts).toEqual([
      ['写诗：\n\n', '春\n夏'],
      ...rows.slice(1).map((row) => [row.instruction, row.output]),
    ]);
    expect(counts).toEqual([['literalLineEnds', 1, '写诗：\\n\n', '写诗：\n\n']]);
  });

  it('FLAN chain of thought by many rows', async () => {
    const cells = Array.from({ length: 100 }, (_, i) =>
      JSON.stringify([`Is ${i} odd?`, i % 2 ? 'yes' : 'no', `${i} mod 2 is ${i % 2}`]),
    );
    expect((await readRows(cells)).adapter).toBe('flan-cot');
    expect((await shown(cells.slice(0, 2), 'flan-cot')).texts[0]).toEqual([
      'Is 0 odd?',
      '0 mod 2 is 0\nSo the answer is no.',
    ]);
  });

  it('Dolly by its categories', async () => {
    const rows = Array.from({ length: 100 }, (_, i) => ({
      instruction: `When did it rain ${i}?`,
      context: i === 7 ? 'It rained in 1990.[12]' : '',
      response: 'In 1990.',
      category: 'closed_qa',
    }));
    const { counts } = await shown(rows);
    expect(counts).toEqual([['referenceMarks', 1, 'It rained in 1990.[12]', 'It rained in 1990.']]);
    expect((await shown(rows.slice(0, 50))).counts).toEqual([]);
  });

  it('saved pages by many answers', async () => {
    const page = (i: number) => `<div class="markdown prose"><p>It is ${i} &lt; ${i + 1}</p></div>`;
    const talk = (value: string) => ({ conversations: asShareGpt([user('<p>Why?'), assistant(value)]) });
    const rows = Array.from({ length: 12 }, (_, i) => talk(page(i)));
    const { texts, counts } = await shown(rows);
    expect(texts[3]).toEqual(['<p>Why?', 'It is 3 < 4']);
    expect(counts).toEqual([['htmlToText', 12, page(0), 'It is 0 < 1']]);
    expect((await readRows(rows)).adapter).toBe('sharegpt-html');
    expect((await shown([...rows.slice(0, 5), talk('plain')])).counts).toEqual([]);
    expect((await shown(Array.from({ length: 30 }, () => talk('<div class="box">x</div>')))).counts).toEqual(
      [],
    );
  });

  it('the mark of an instruction without input', async () => {
    const rows = ['<noinput>', '<no input>', 'No input'].map((input) => ({ ...goodRow, input }));
    const { texts, counts } = await shown(rows);
    expect(texts.map(([question]) => question)).toEqual([
      'Name a nut.',
      'Name a nut.',
      'Name a nut.\n\nNo input',
    ]);
    expect(counts).toEqual([['noInput', 2, '<noinput>', '']]);
  });

  it('GSM8K shows what it removes', async () => {
    const { texts, counts } = await shown([{ question: '2+2?', answer: '2+2=<<2+2=4>>4\n#### 4' }]);
    expect(texts).toEqual([['2+2?', '2+2=4\n#### 4']]);
    expect(counts).toEqual([['calculatorMarks', 1, '2+2=<<2+2=4>>4\n#### 4', '2+2=4\n#### 4']]);
  });

  it('pairs that are read as conversations lose their worse answers', async () => {
    const rows = [{ prompt: 'q', chosen: 'a', rejected: 'b' }];
    expect((await shown(rows)).counts).toEqual([['worseAnswersUnused', 1, 'rejected: b', '']]);
  });

  it('what a conversation loses is counted', async () => {
    const rows = [
      { messages: [assistant('Hello.'), user('a'), assistant('b'), user('c')] },
      { messages: [user('a'), user('b'), assistant(''), assistant('c')] },
    ];
    const { texts, counts } = await shown(rows);
    expect(texts).toEqual([
      ['a', 'b'],
      ['a\n\nb', 'c'],
    ]);
    expect(counts.map(([name, count]) => [name, count])).toEqual([
      ['answersBeforeQuestion', 1],
      ['questionsWithoutAnswer', 1],
      ['joinedTurns', 1],
      ['emptyTurns', 1],
    ]);
  });
});
