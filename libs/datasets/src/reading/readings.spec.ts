import { likelyReadings, shownColumns } from './readings';
import { describeLeftOut, remedyFor } from './reasons';
import type { Row } from './row';

const long = (text: string) => `${text} ${'and so on '.repeat(5)}`;

describe('rows of an unknown kind', () => {
  it.each<[string, Row, string, string[]]>([
    [
      'question and answer',
      { nr: 1, frage: long('q'), antwort: long('a') },
      'nr (no texts), frage, antwort',
      ['questions with answers (--columns prompt=frage,output=antwort', 'prompts without answers'],
    ],
    [
      'the answer first',
      { reply_text: long('a'), user_text: long('q'), lang: 'en' },
      'reply_text, user_text, lang',
      [
        'questions with answers (--columns prompt=user_text,output=reply_text',
        'prompts without answers (--columns prompt=user_text',
      ],
    ],
    [
      'good and bad',
      { task: long('q'), good_answer: 'a', bad_answer: 'b' },
      'task, good_answer, bad_answer',
      ['pairs of a better and a worse answer (--columns prompt=task,chosen=good_answer,rejected=bad_answer'],
    ],
    [
      'a list of turns',
      { dialog_turns: [{ role: 'user', content: 'b' }], topic: 'x' },
      'dialog_turns (a list of turns), topic',
      ['conversations (--columns messages=dialog_turns', 'prompts without answers'],
    ],
    [
      'cells without names',
      { 0: 'q', 1: 'a', 2: long('b') },
      '0, 1, 2',
      ['questions with answers (--columns', 'questions, answers and rationales (--adapter flan-cot)'],
    ],
    ['turns without roles', { talk: [{ me: 'a', you: 'b' }] }, 'talk (no texts)', []],
    [
      'an empty column',
      { ask: 'q', note: '' },
      'ask, note',
      ['prompts without answers (--columns prompt=ask'],
    ],
    ['numbers', { a: 1, b: [2] }, 'a (no texts), b (no texts)', []],
    ['a name that is not plain', { 'a\u001b[31mb': 'x' }, 'a [31mb', ['prompts without answers']],
  ])('%s: its columns and at most three readings', (_, row, columns, readings) => {
    expect(shownColumns([row])).toBe(columns);
    const found = likelyReadings([row, row]);
    expect(found.length).toBeLessThanOrEqual(3);
    for (const [index, reading] of readings.entries()) expect(found[index]).toContain(reading);
  });

  it('a name with blanks is quoted for the shell and for YAML', () => {
    const [reading] = likelyReadings([{ 'the question': 'q', 'the answer': 'a' }]);
    expect(reading).toContain("--columns 'prompt=the question,output=the answer'");
    expect(reading).toContain('{columns: {prompt: "the question", output: "the answer"}}');
  });
});

describe('rows that were left out', () => {
  it('are listed by reason, the most frequent first', () => {
    const rows = [
      { reason: 'brokenJson', count: 2 },
      { reason: 'unused:label', count: 30, place: 'a.jsonl:1' },
      ...['a', 'b', 'c'].map((reason) => ({ reason, count: 1 })),
    ];
    expect(describeLeftOut(rows)).toBe(
      '30 unused:label (the field "label" says something that this format does not use; first at a.jsonl:1), ' +
        '2 brokenJson, 1 a, 2 for other reasons',
    );
    expect(remedyFor(rows)).toMatch(/^Remove the field; .*name those that count/);
    expect(remedyFor(rows.slice(0, 1))).toMatch(/^Name another adapter/);
  });
});
