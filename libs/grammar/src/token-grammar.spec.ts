import { createRng } from '@open-chatgpt/random';
import { parseGbnf } from './gbnf/parse-gbnf';
import { compileSchema } from './json-schema/compile-schema';
import { parseRegex } from './regex/parse-regex';
import { jsonVocabulary, randomSchema, randomText } from './testing';
import { GrammarVocabulary, TokenGrammar, type TokenMatcher } from './token-grammar';

const vocabulary = jsonVocabulary();
const END = vocabulary.bytes.length - 1;
const ofRegex = (pattern: string, tokens = vocabulary) =>
  new TokenGrammar({ root: parseRegex(pattern, false), rules: new Map() }, tokens);

function allowedBy(matcher: TokenMatcher): number[] {
  const mask = matcher.allowed();
  return [...vocabulary.bytes.keys()].filter((token) => (mask[token >>> 5] >>> (token & 31)) & 1);
}

it('allows exactly the tokens that it accepts', () => {
  for (let seed = 0; seed < 4; seed++) {
    const rng = createRng(seed);
    const grammar = new TokenGrammar(compileSchema(randomSchema(rng)), vocabulary);
    const tokens: number[] = [];
    for (let step = 0; step < 25; step++) {
      const after = () => {
        const matcher = grammar.matcher([]);
        for (const token of tokens) matcher.accept(token);
        return matcher;
      };
      const allowed = allowedBy(after());
      const accepted = [...vocabulary.bytes.keys()].filter((token) => {
        if (token === END) return false;
        try {
          after().accept(token);
          return true;
        } catch {
          return false;
        }
      });
      expect(allowed).toEqual(accepted);
      if (allowed.length === 0) break;
      tokens.push(allowed[Math.floor(rng.next() * allowed.length)]);
    }
  }
});

it('allows the end only where the text may end, and says when nothing can follow', () => {
  const matcher = ofRegex('ab?').matcher([END]);
  const [a, b] = ['a', 'b'].map((letter) => letter.charCodeAt(0));
  expect(allowedBy(matcher)).toEqual([a]);
  expect(matcher.accept(a)).toBe(false);
  expect(allowedBy(matcher)).toEqual([b, END]);
  expect(matcher.accept(b)).toBe(true);
});

it('uses only bytes that are tokens, so that a text can always be continued', () => {
  const bytes = ['a', 'b', 'ba', Buffer.from('é').toString('latin1')];
  const few = new GrammarVocabulary(bytes, bytes.length);
  const mask = (pattern: string) => ofRegex(pattern, few).matcher([]).allowed()[0];
  expect(mask('[abcé]+')).toBe(0b0111);
  expect(mask('(bac|a)')).toBe(0b0001);
  expect(() => ofRegex('bac', few)).toThrow('none that the tokens of this model can write');
});

/** Each would need exponential time or memory, or a stack without an end, in a simple implementation. */
it.each<[string, () => TokenGrammar]>([
  ['nested repetitions', () => ofRegex('((a{1,100}){1,100}){1,100}')],
  ['nested stars', () => ofRegex('(((a*)*)*b?)*')],
  ['many optional parts', () => ofRegex(`(${'a?'.repeat(300)}){0,300}`)],
  ['long counts', () => ofRegex('(.{0,9999}){3}x')],
  [
    'palindromes',
    () => new TokenGrammar(parseGbnf('root ::= "a" root "a" | "b" root "b" | "a" root "b" | ""'), vocabulary),
  ],
  [
    'a recursive schema with alternatives that begin alike',
    () => {
      const child = { $ref: '#' };
      const option = (kind: string) => ({
        type: 'object',
        properties: { child: { anyOf: [child, { type: 'null' }] }, kind: { const: kind } },
        required: ['child', 'kind'],
      });
      return new TokenGrammar(compileSchema({ anyOf: ['x', 'y', 'z'].map(option) }), vocabulary);
    },
  ],
])('a hostile grammar stays within bounds: %s', (_, make) => {
  const grammar = make();
  for (let seed = 0; seed < 2; seed++) randomText(grammar, vocabulary, createRng(seed), 30);
});

it.each<[string, () => TokenGrammar, RegExp]>([
  [
    'more states than the limit',
    () => ofRegex('(abc){20000}'.repeat(6)),
    /too large: it needs more than 100000/,
  ],
  [
    'schemas that double',
    () => {
      const next = (n: number) => ({ $ref: `#/$defs/d${n + 1}` });
      const doubled = (n: number) => [`d${n}`, { minimum: n, anyOf: [next(n), { ...next(n), maximum: 99 }] }];
      const $defs = Object.fromEntries([...Array.from({ length: 60 }, (_, n) => doubled(n)), ['d60', {}]]);
      return new TokenGrammar(compileSchema({ $defs, $ref: '#/$defs/d0' }), vocabulary);
    },
    /the JSON schema is too large/,
  ],
])('a hostile grammar is refused: %s', (_, make, message) => {
  expect(make).toThrow(message);
});
