import { goodRow, readRows } from '../testing/read-rows';

describe('one bad row costs itself', () => {
  it.each<[string, string, string]>([
    [
      'half an emoji in an answer',
      '{"instruction":"Cut","input":"","output":"A smile \\ud83d"}',
      'invalidUnicode',
    ],
    [
      'half an emoji in a question',
      '{"instruction":"\\ude00 what?","input":"","output":"It is cut."}',
      'invalidUnicode',
    ],
    [
      'half an emoji in the history',
      '{"instruction":"a","output":"b","history":[["\\ud83d","c"]]}',
      'invalidUnicode',
    ],
    [
      'half an emoji in the system text',
      '{"instruction":"a","output":"b","system":"\\udbff"}',
      'invalidUnicode',
    ],
    ['broken JSON', '{"instruction":"a","output":', 'brokenJson'],
    ['a number', '17', 'notAnObject'],
    ['a text', '"hello"', 'notAnObject'],
    ['nothing', 'null', 'notAnObject'],
    ['blanks', `{"instruction":"a","output":"${' '.repeat(200_000)}"}`, 'emptyOutput'],
    ['a name of the language', '{"__proto__":{"instruction":"x"},"constructor":1}', 'missing:instruction'],
  ])('%s', async (_, line, reason) => {
    const { examples, dropped } = await readRows([line, goodRow, goodRow, goodRow]);
    expect([examples.length, dropped]).toEqual([3, { [reason]: 1 }]);
  });

  it('and a whole emoji costs nothing', async () => {
    expect(
      (await readRows(['{"instruction":"\\ud83d\\ude00?","output":"A grin \\ud83d\\ude00."}'])).examples,
    ).toHaveLength(1);
  });
});
