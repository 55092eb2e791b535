import { MessageLines } from './message-lines';

/** The messages of some lines; one that is not complete at the end comes last. */
function messagesOf(...lines: string[]): string[] {
  const reader = new MessageLines();
  const messages = lines.flatMap((line) => reader.push(line) ?? []);
  return [...messages, ...[reader.end()].filter((text) => text !== null)];
}

describe('the lines of a chat', () => {
  it.each<[string, string[], string[]]>([
    ['are messages', ['hi', 'bye'], ['hi', 'bye']],
    ['continue after a backslash', ['one \\', 'two\\', '  three', 'next'], ['one \ntwo\n  three', 'next']],
    [
      'form a block',
      ['"""', 'def f(x):', '    return x+1', '', 'What?', '"""', 'next'],
      ['def f(x):\n    return x+1\n\nWhat?', 'next'],
    ],
    ['form a block that begins and ends within them', ['"""  a', 'b"""', 'c'], ['  a\nb', 'c']],
    ['form a block of one line', ['"""a \\ b"""'], ['a \\ b']],
    ['keep quotes that are not at the beginning', ['say """'], ['say """']],
    ['end a block with the input', ['"""', 'a', 'b'], ['a\nb']],
    ['may be pasted together', ['First:\n    x = 1\nWhat?'], ['First:\n    x = 1\nWhat?']],
    ['may be empty', ['', '  '], ['', '']],
  ])('%s', (_, lines, messages) => {
    expect(messagesOf(...lines)).toEqual(messages);
  });

  it('know whether a message has begun', () => {
    const reader = new MessageLines();
    expect(reader.open).toBe(false);
    reader.push('a\\');
    expect(reader.open).toBe(true);
    expect(reader.end()).toBe('a');
    expect([reader.open, reader.end()]).toEqual([false, null]);
  });
});
