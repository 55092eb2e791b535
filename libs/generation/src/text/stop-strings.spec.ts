import { StopStrings } from './stop-strings';

function pieces(stops: string[], texts: string[]): { out: string[]; rest: string; stopped: string | null } {
  const filter = new StopStrings(stops);
  const out = texts.map((text) => filter.push(text));
  return { out, rest: filter.flush(), stopped: filter.stopped };
}

describe('StopStrings', () => {
  it.each<[string, string[], string[], string[], string, string | null]>([
    ['without stop strings', [], ['a', 'b'], ['a', 'b'], '', null],
    ['a stop string inside a piece', ['##'], ['one ## two'], ['one '], '', '##'],
    [
      'one split over pieces',
      ['\n\nUser:'],
      ['Hi', '\n', '\nUs', 'er: x'],
      ['Hi', '', '', ''],
      '',
      '\n\nUser:',
    ],
    ['a beginning that leads nowhere', ['abc'], ['xab', 'd'], ['x', 'abd'], '', null],
    ['a beginning that overlaps itself', ['aab'], ['a', 'a', 'a', 'b'], ['', '', 'a', ''], '', 'aab'],
    ['a beginning at the end', ['END'], ['the EN'], ['the '], 'EN', null],
    ['the first of several', ['b', 'a'], ['xxaxb'], ['xx'], '', 'a'],
    ['nothing after the stop', ['.'], ['a.b', 'c'], ['a', ''], '', '.'],
    [
      'a longer one that contains a shorter',
      ['stop it', 'stop'],
      ['please stop', ' it'],
      ['please ', ''],
      '',
      'stop',
    ],
  ])('%s', (_, stops, texts, out, rest, stopped) => {
    expect(pieces(stops, texts)).toEqual({ out, rest, stopped });
  });

  it('returns the same text for any split into pieces', () => {
    const text = 'ab abc aabbcc abcab STOP not this';
    for (let a = 0; a < text.length; a++) {
      for (let b = a; b < text.length; b++) {
        const cut = [text.slice(0, a), text.slice(a, b), text.slice(b)];
        expect(pieces(['STOP', 'abcd'], cut).out.join('')).toBe('ab abc aabbcc abcab ');
      }
    }
  });

  it('refuses an empty stop string', () => {
    expect(() => new StopStrings(['x', ''])).toThrow('stop contains an empty string');
  });
});
