import { createRng } from '@open-chatgpt/random';
import { accepts, jsonVocabulary, randomText } from '../testing';
import { TokenGrammar } from '../token-grammar';
import { parseGbnf } from './parse-gbnf';

const vocabulary = jsonVocabulary();
const compiled = (source: string) => new TokenGrammar(parseGbnf(source), vocabulary);

const ARITHMETIC = `
# an expression
root ::= term ([+*] term)* "\\n"?
term ::= num |
  "(" root ")" # nested
num  ::= [1-9] [0-9]{0,2} ("." [0-9]+)?
`;

it("reads llama.cpp's grammars", () => {
  const grammar = compiled(ARITHMETIC);
  expect(['1', '12+(3*4)', '999.05\n'].filter((text) => !accepts(grammar, vocabulary, text))).toEqual([]);
  expect(
    ['', '01', '1+', '(1', '1 + 2', '1000'].filter((text) => accepts(grammar, vocabulary, text)),
  ).toEqual([]);
  const list = compiled('root ::= item+\nitem ::= "- " [^\\r\\n\\x0b\\x0c\\x85\\u2028\\u2029]+ "\\n"');
  expect(accepts(list, vocabulary, '- a\n- é好\n')).toBe(true);
  expect(accepts(list, vocabulary, '- a')).toBe(false);
});

it('a text of random tokens is one of the grammar', () => {
  const rng = createRng(2);
  const grammar = compiled('root ::= "[" (root ("," root)*)? "]" | [a-c]{2}');
  for (let i = 0; i < 30; i++) {
    const text = randomText(grammar, vocabulary, rng);
    if (text !== null) expect(accepts(grammar, vocabulary, text)).toBe(true);
  }
});

it.each([
  ['value ::= "a"', /has no rule "root"/],
  ['root ::= other', /the rule "other" does not exist/],
  ['root ::= "a', /character 12: it ends too early/],
  ['root ::= "\\q"', /"\\q" is no escape/],
  ['root = "a"', /expected "::="/],
  ['root ::= "a"\nroot ::= "b"', /defined twice/],
  ['root ::= root "a" | "b"', /left-recursive/],
  ['root ::= empty root "a" | "b"\nempty ::= ""', /left-recursive/],
  ['root ::= "a" root', /no finite text/],
  ['root ::= ""', /only the empty text/],
])('is refused with the reason: %s', (source, message) => {
  expect(() => compiled(source)).toThrow(message);
});
