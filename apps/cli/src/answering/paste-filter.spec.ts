import { PasteFilter } from './paste-filter';

const paste = (text: string) => `\x1b[200~${text}\x1b[201~`;

/** What passes of some chunks; after each line the filter goes on, as it does for the editor. */
function linesOf(chunks: readonly string[]): { lines: string[]; rest: string } {
  const filter = new PasteFilter();
  const lines: string[] = [];
  let line = '';
  filter.on('data', (data: Buffer) => {
    line += data.toString();
  });
  const drain = () => {
    for (let data = filter.read(); data !== null; data = filter.read()) line += data.toString();
    while (line.includes('\r')) {
      const at = line.indexOf('\r');
      lines.push(filter.restore(line.slice(0, at)));
      line = line.slice(at + 1);
      filter.next();
      for (let data = filter.read(); data !== null; data = filter.read()) line += data.toString();
    }
  };
  filter.removeAllListeners('data').pause();
  for (const chunk of chunks) {
    filter.write(Buffer.from(chunk));
    drain();
  }
  return { lines, rest: line };
}

const question = 'First line of my question:\r    def f(x):\r\treturn x+1\rWhat does f do?';

describe('what a terminal sends to a chat', () => {
  it.each<[string, string[], string[], string]>([
    ['typed lines', ['hi\r', 'by', 'e\r', 'x'], ['hi', 'bye'], 'x'],
    ['lines that are typed ahead', ['a\rb\rc'], ['a', 'b'], 'c'],
    ['a paste, which is one line', [`${paste(question)}\r`], [question.replaceAll('\r', '\n')], ''],
    ['a paste within a line', [`see: ${paste('a\nb')}!\r`], ['see: a\nb!'], ''],
    ['a paste with other line ends', [`${paste('a\r\nb\nc')}\r`], ['a\nb\nc'], ''],
    ['a paste of one line that is not sent yet', [paste('word')], [], 'word'],
    ['a paste in pieces', ['\x1b[20', '0~a\r', 'b\x1b[', '201~\r'], ['a\nb'], ''],
    ['half a character at the end of a chunk', ['猫\r'], ['猫'], ''],
    ['escapes inside a paste, which are no keys', [`${paste('a\x1b[Db\x04c')}\r`], ['a[Dbc'], ''],
    ['the sign for a line end, which was typed', ['⏎\r'], ['⏎'], ''],
    ['arrow keys, which pass', ['\x1b[A'], [], '\x1b[A'],
  ])('%s', (_, chunks, lines, rest) => {
    expect(linesOf(chunks)).toEqual({ lines, rest });
  });

  it('nothing passes after a line until the editor goes on, and Ctrl-C drops what waits', () => {
    const filter = new PasteFilter();
    let interrupts = 0;
    filter.on('interrupt', () => {
      interrupts++;
    });
    filter.write(Buffer.from('first\rsecond\r'));
    expect(filter.read().toString()).toBe('first\r');
    filter.write(Buffer.from(paste('third\rfourth')));
    expect(filter.read()).toBeNull();
    filter.write(Buffer.from('\x03'));
    expect(interrupts).toBe(1);
    filter.next();
    expect(filter.read()).toBeNull();
    filter.write(Buffer.from('fifth\r'));
    expect(filter.read().toString()).toBe('fifth\r');
  });
});
