import { createRng } from '@open-chatgpt/random';
import Ajv from 'ajv/dist/2020';
import { accepts, jsonVocabulary, randomSchema, randomText } from '../testing';
import { TokenGrammar } from '../token-grammar';
import { compileSchema } from './compile-schema';

const vocabulary = jsonVocabulary();
const compiled = (schema: unknown) => new TokenGrammar(compileSchema(schema), vocabulary);

it('every text of random tokens fits its schema, by another implementation of JSON Schema', () => {
  const ajv = new Ajv({ strict: false, logger: false });
  let texts = 0;
  let refused = 0;
  for (let seed = 0; seed < 70; seed++) {
    const rng = createRng(seed);
    const schema = randomSchema(rng);
    const fits = ajv.compile(schema);
    let grammar: TokenGrammar;
    try {
      grammar = compiled(schema);
    } catch (error) {
      // Some random schemas have no value.
      expect((error as Error).message).toMatch(/no finite text|no number lies/);
      refused++;
      continue;
    }
    for (let i = 0; i < 2; i++) {
      const text = randomText(grammar, vocabulary, rng);
      if (text === null) continue;
      texts++;
      const value = JSON.parse(text);
      if (!fits(value)) throw new Error(`${text} does not fit ${JSON.stringify(schema)}`);
    }
  }
  expect(texts).toBeGreaterThan(100);
  expect(refused).toBeLessThan(10);
});

const PERSON = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0, maximum: 130 } },
  required: ['name'],
};

it.each<[string, unknown, string[], string[]]>([
  [
    'an object',
    PERSON,
    ['{"name":"Ann"}', '{ "name": "Ann",\n  "age": 130 }'],
    [
      '{}',
      '{"age":1,"name":"Ann"}',
      '{"name":"Ann","age":131}',
      '{"name":"Ann","more":1}',
      '{"name":"Ann",}',
    ],
  ],
  [
    'further properties',
    { ...PERSON, additionalProperties: { type: 'null' } },
    ['{"name":"","x":null}', '{"name":"","nam":null,"names":null}'],
    [
      '{"name":"","x":1}',
      '{"name":"","name":null}',
      '{"name":"","age":null}',
      '{"name":"","\\u0061ge":null}',
    ],
  ],
  [
    'anything',
    {},
    ['1', '"é"', '[{"a":[]}, true]', '-0.5e10'],
    ['', '01', "'a'", '[1,]', '"\\ud800"', 'nul'],
  ],
  ['a length', { type: 'string', minLength: 2, maxLength: 3 }, ['"éé"', '"\\n\\u00e9a"'], ['"a"', '"abcd"']],
  ['a pattern in a string', { type: 'string', pattern: '^"\\n\\\\$' }, ['"\\"\\n\\\\"'], ['"\\"\n\\\\"']],
  ['a pattern of a part', { pattern: 'b+' }, ['"abbc"', '"b"'], ['"ac"']],
  [
    'numbers within',
    { minimum: 0.25, exclusiveMaximum: 2 },
    ['0.25', '0.3', '1', '1.999'],
    ['0.2', '2', '2.0', '-1'],
  ],
  [
    'negative numbers',
    { type: 'integer', minimum: -105, maximum: -9 },
    ['-9', '-105', '-42'],
    ['-8', '-106', '9'],
  ],
  ['types', { type: ['null', 'boolean'] }, ['null', 'true'], ['0']],
  ['constants', { enum: ['a', { b: [1] }] }, ['"a"', '{"b":[1]}'], ['"b"']],
  [
    'a tuple',
    { prefixItems: [{ const: 1 }, { const: 2 }], minItems: 1 },
    ['[1]', '[1,2]'],
    ['[]', '[2]', '[1,2,3]'],
  ],
  ['counts', { items: { const: 0 }, minItems: 1, maxItems: 2 }, ['[0]', '[0, 0]'], ['[]', '[0,0,0]']],
  ['no items', { type: 'array', maxItems: 0 }, ['[]'], ['[1]']],
  ['a format', { type: 'string', format: 'date' }, ['"2024-02-28"'], ['"2024-02-30"', '"24-01-01"']],
  [
    'references',
    {
      $ref: '#/definitions/a~1b',
      definitions: { 'a/b': { anyOf: [{ type: 'null' }, { items: { $ref: '#' } }] } },
    },
    ['null', '[[null],[]]'],
    ['[1]'],
  ],
  [
    'all of several',
    { allOf: [PERSON, { required: ['age'], properties: { age: { maximum: 5 } } }] },
    ['{"name":"","age":5}'],
    ['{"name":""}', '{"name":"","age":6}'],
  ],
])('accepts and refuses texts: %s', (_, schema, right, wrong) => {
  const grammar = compiled(schema);
  expect(right.filter((text) => !accepts(grammar, vocabulary, text))).toEqual([]);
  expect(wrong.filter((text) => accepts(grammar, vocabulary, text))).toEqual([]);
});

it.each<[string, unknown, RegExp]>([
  ['a field that is not supported', { not: { type: 'null' } }, /has "not", which is not supported/],
  ['the same in a part', { items: { uniqueItems: true } }, /has "uniqueItems"/],
  ['schemas that overlap', { oneOf: [{ type: 'integer' }, { type: 'number' }] }, /may fit the same value/],
  ['an unknown type', { type: 'text' }, /has the type "text"; expected one of object/],
  ['no schema', { items: 3 }, /has 3 where a schema is expected/],
  ['a reference to nothing', { $ref: '#/$defs/x' }, /"#\/\$defs\/x", which is not in it/],
  ['a foreign reference', { $ref: 'http://example.com/x' }, /only references such as/],
  ['a schema that needs itself', { properties: { a: { $ref: '#' } }, required: ['a'] }, /no finite text/],
  ['no value', { minimum: 3, maximum: 2 }, /no number lies between/],
  ['a schema that is itself', { anyOf: [{ type: 'null' }, { $ref: '#' }] }, /left-recursive/],
  ['conflicts', { allOf: [{ pattern: 'a' }, { pattern: 'b' }] }, /"pattern" of two schemas/],
  [
    'a schema that includes itself',
    { $defs: { a: { allOf: [{ $ref: '#/$defs/a' }] } }, $ref: '#/$defs/a' },
    /too large/,
  ],
])('a schema is refused with the reason: %s', (_, schema, message) => {
  expect(() => compiled(schema)).toThrow(message);
});
