import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatasetKind } from '../adapters/adapter';
import { openSource } from '../sources/open-source';
import { assistant, user } from '../testing/messages';
import type { ColumnMapping } from './column-mapping';
import { readDataset } from './read-dataset';
import { kindOf } from './source-rows';

const folder = mkdtempSync(join(tmpdir(), 'columns-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(
  content: string,
  columns?: ColumnMapping,
  kind: DatasetKind = 'supervised',
  adapter?: string,
) {
  const path = join(folder, content.startsWith('{') ? 'x.jsonl' : 'x.csv');
  writeFileSync(path, content);
  const result = await readDataset(path, { kind, columns, adapter });
  return [result.adapter, result.columns, result.examples[0]];
}

const talk = { messages: [user('q'), assistant('a')] };
const joined = { messages: [{ ...user('q\n\nx'), parts: { instruction: 'q', input: 'x' } }, assistant('a')] };

describe('a mapping of columns', () => {
  it.each<[string, string, ColumnMapping, string, unknown]>([
    [
      'a table of any names',
      'frage,antwort\nq,a\n',
      { prompt: 'frage', output: 'antwort' },
      'prompt-completion',
      talk,
    ],
    [
      'names with blanks and marks',
      '"Frage (DE)",Die Antwort\nq,a\n',
      { prompt: 'Frage (DE)', completion: 'Die Antwort' },
      'prompt-completion',
      talk,
    ],
    [
      'names of Alpaca',
      'a1,b1,c1\nq,x,a\n',
      { instruction: 'a1', input: 'b1', output: 'c1' },
      'alpaca',
      joined,
    ],
    [
      'other columns are not read',
      'id,history,q,a,label\n7,h,q,a,x\n',
      { prompt: 'q', output: 'a' },
      'prompt-completion',
      talk,
    ],
    [
      'a name that another column has',
      'prompt,q,a\np17,q,a\n',
      { prompt: 'q', output: 'a' },
      'prompt-completion',
      talk,
    ],
    [
      'columns that change their names',
      'output,prompt\nq,a\n',
      { prompt: 'output', output: 'prompt' },
      'prompt-completion',
      talk,
    ],
    [
      'one name, and the others as they are',
      'instruction,input,reply_text\nq,x,a\n',
      { output: 'reply_text' },
      'alpaca',
      joined,
    ],
    [
      'columns without names',
      'Who is it? Say.,It is x.\nq,a\n',
      { prompt: '0', output: '1' },
      'prompt-completion',
      { messages: [user('Who is it? Say.'), assistant('It is x.')] },
    ],
    [
      'messages',
      '{"turns_of_talk":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}',
      { messages: 'turns_of_talk' },
      'messages',
      talk,
    ],
  ])('%s', async (_, content, columns, adapter, example) => {
    expect(await read(content, columns)).toEqual([adapter, columns, example]);
  });

  it('of pairs', async () => {
    const columns = { prompt: 'q', chosen: 'better', rejected: 'worse' };
    const pair = { prompt: [user('q')], chosen: 'a', rejected: 'b' };
    expect(await read('q,better,worse\nq,a,b\n', columns, 'preference')).toEqual([
      'preference',
      columns,
      pair,
    ]);
  });

  it('of prompts', async () => {
    const columns = { prompt: 'ask' };
    expect(await read('id,ask\n1,q\n', columns, 'prompts')).toEqual([
      'prompt-only',
      columns,
      { messages: [user('q')] },
    ]);
  });

  it('for an adapter that is named', async () => {
    const columns = { output: 'text' };
    expect(await read('instruction,text\nq,a\n', columns, 'supervised', 'alpaca')).toEqual([
      'alpaca',
      columns,
      talk,
    ]);
  });

  it.each<[string, ColumnMapping, RegExp]>([
    [
      'a column that is not there',
      { prompt: 'c', output: 'b' },
      /columns: there is no column "c" in it; it has a, b/,
    ],
    [
      'an unknown field',
      { promt: 'a', output: 'b' },
      /there is no field "promt"; expected field=column, with a field of prompt,/,
    ],
    ['no field', {}, /no field is named; expected field=column/],
    ['an object of the language', { ['__proto__']: 'a' }, /there is no field "__proto__"/],
    ['too few fields', { output: 'b' }, /no adapter recognizes rows with the fields a, output/],
  ])('%s is refused', async (_, columns, message) => {
    await expect(read('a,b\nq,a\n', columns)).rejects.toThrow(message);
  });

  it('is proposed where no adapter recognizes the rows', async () => {
    const proposal =
      '--columns \'prompt=Die Frage,output=antwort\', or in a pipeline file dataset: {columns: {prompt: "Die Frage", output: antwort}}';
    await expect(read('Nummer,Die Frage,antwort,art\n1,What is it?,A thing.,x\n')).rejects.toThrow(proposal);
  });
});

describe('names in another spelling', () => {
  it.each<[string, ColumnMapping | undefined, string, unknown]>([
    ['Question;Answer\nq;a\n', { question: 'Question', answer: 'Answer' }, 'prompt-completion', talk],
    [
      'INSTRUCTION,Input,Output\nq,x,a\n',
      { instruction: 'INSTRUCTION', input: 'Input', output: 'Output' },
      'alpaca',
      joined,
    ],
    ['Id,prompt,Completion\n1,q,a\n', { id: 'Id', completion: 'Completion' }, 'prompt-completion', talk],
    ['Prompt,completion\nq,a\n', { prompt: 'Prompt' }, 'prompt-completion', talk],
    ['prompt,completion\nq,a\n', undefined, 'prompt-completion', talk],
  ])('%j', async (content, columns, adapter, example) => {
    expect(await read(content)).toEqual([adapter, columns, example]);
  });

  it('two columns that would have one name stay as they are', async () => {
    await expect(read('Question,QUESTION,Answer\nq,r,a\n')).rejects.toThrow(
      /no adapter recognizes.*Question, QUESTION/,
    );
  });
});

it('the kind follows from the mapped columns', async () => {
  const path = join(folder, 'kind.csv');
  writeFileSync(path, 'q,good,bad\nq,a,b\n');
  const source = await openSource(path);
  expect(await kindOf(source, { columns: { prompt: 'q', chosen: 'good', rejected: 'bad' } })).toBe(
    'preference',
  );
  expect(await kindOf(source, { columns: { prompt: 'q', output: 'good' } })).toBe('supervised');
  expect(await kindOf(source, { columns: { prompt: 'q' } })).toBe('prompts');
});
