import fc from 'fast-check';
import { parseJson } from './json';

describe('parseJson', () => {
  it.each([
    ['64 levels', '['.repeat(64) + ']'.repeat(64)],
    ['brackets in strings', JSON.stringify(['['.repeat(500), '\\"{'.repeat(500), '\\'])],
    ['many objects beside each other', `[${'{},'.repeat(999)}{}]`],
  ])('reads %s', (_, text) => {
    expect(JSON.stringify(parseJson(text, 'body'))).toBe(text);
  });

  it.each<[string, string, RegExp]>([
    ['deep arrays', '['.repeat(65), /^body: is nested too deeply/],
    ['deep objects', '{"a":'.repeat(65), /^body: is nested too deeply/],
    ['what follows a string that ends with a backslash', `["\\\\",${'['.repeat(64)}`, /nested too deeply/],
    ['a million arrays', `[${'[],'.repeat(1_000_000)}0]`, /^body: has more than 1000000 values/],
    ['a million fields', `[${'{"":0},'.repeat(1_000_000)}0]`, /^body: has more than 1000000 values/],
    ['a string that does not end', `"${'['.repeat(500)}`, /^body: is not JSON: /],
    ['half a value', '{"a": ', /^body: is not JSON: /],
    ['nothing', '', /^body: is not JSON: /],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseJson(text, 'body')).toThrow(message);
  });

  it('reads what JSON.parse reads', () => {
    fc.assert(fc.property(fc.json(), (text) => expect(parseJson(text, 'body')).toEqual(JSON.parse(text))));
  });

  it('takes time in proportion to the length of strings of backslashes', () => {
    const cpuOf = (length: number) => {
      const text = `["${'\\\\'.repeat(length)}", "${'\\"'.repeat(length)}"]`;
      const before = process.cpuUsage();
      parseJson(text, 'body');
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    cpuOf(10_000);
    expect(cpuOf(400_000)).toBeLessThan(100 + 40 * cpuOf(40_000));
  });
});
