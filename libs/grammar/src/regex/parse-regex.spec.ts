import { createRng } from '@open-chatgpt/random';
import { accepts, jsonVocabulary, randomText } from '../testing';
import { TokenGrammar } from '../token-grammar';
import { parseRegex } from './parse-regex';

const vocabulary = jsonVocabulary();
const compiled = (pattern: string, search = false) =>
  new TokenGrammar({ root: parseRegex(pattern, search), rules: new Map() }, vocabulary);

const PATTERNS = [
  'a|bc|',
  '(?:ab?)+c{2,3}',
  '[a-c]{1,2}[^ab]',
  '(a*)*b?',
  '.\\w\\W?',
  '\\u0061\\x62|é{2}',
  '(?<first>a)?b*?[\\d\\-c]',
  '^ab|c$',
  '((a|b)c){2,}',
];

it.each(PATTERNS)('matches the same texts as JavaScript: %s', (pattern) => {
  const [whole, part] = [compiled(pattern), compiled(pattern, true)];
  const [exact, search] = [new RegExp(`^(?:${pattern})$`, 'u'), new RegExp(pattern, 'u')];
  const rng = createRng(1);
  for (let i = 0; i < 60; i++) {
    const letters = Array.from(
      { length: Math.floor(rng.next() * 5) },
      () => 'aabbcc-é1'[Math.floor(rng.next() * 9)],
    );
    const text = letters.join('');
    expect([text, accepts(whole, vocabulary, text)]).toEqual([text, exact.test(text)]);
    expect([text, accepts(part, vocabulary, text)]).toEqual([text, search.test(text)]);
  }
  for (let i = 0; i < 20; i++) expect(randomText(whole, vocabulary, rng) ?? '').toMatch(exact);
});

it.each([
  ['(?=a)b', /character 3: look-around/],
  ['(a)\\1', /"\\1" is not supported/],
  ['\\bword', /"\\b" is not supported/],
  ['(a', /expected "\)"/],
  ['a)', /"\)" has no "\("/],
  ['*a', /"\*" has nothing to repeat/],
  ['a{3,2}', /the count 2 is below 3/],
  ['a{99999}', /the count 99999 is above 20000/],
  ['[b-a]', /a range ends before it begins/],
  ['[a', /it ends too early/],
  ['a(^b)', /"\^" is supported only at the beginning/],
  ['('.repeat(200), /nested more than 100 levels deep/],
])('is refused with the place: %s', (pattern, message) => {
  expect(() => parseRegex(pattern, false)).toThrow(message);
});
