import { checkComplexity } from './complexity';

const nested = (depth: number) => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);

describe('checkComplexity', () => {
  it('accepts what a request or a file has', () => {
    expect(() => checkComplexity(nested(64), 'body')).not.toThrow();
    expect(() => checkComplexity({ a: [1, 'b', null, undefined, { c: true }] }, 'body')).not.toThrow();
    expect(() => checkComplexity('text', 'body')).not.toThrow();
  });

  it.each<[string, unknown, RegExp]>([
    ['a deep value', nested(65), /^body: is nested too deeply/],
    ['a value so deep that recursion overflows', nested(200_000), /^body: is nested too deeply/],
    [
      'an object of many fields',
      Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`k${i}`, 1])),
      /^body: has more than 10000 fields and list items/,
    ],
    ['a list of many items', Array(10_001).fill(0), /^body: has more than 10000/],
    ['a field __proto__', JSON.parse('{"a": [{"__proto__": {"x": 1}}]}'), /^body: unknown field "__proto__"/],
  ])('refuses %s', (_, value, message) => {
    expect(() => checkComplexity(value, 'body')).toThrow(message);
  });

  it('counts a part that is used often as often', () => {
    const part = Array(100).fill(0);
    expect(() => checkComplexity(Array(99).fill(part), 'body')).not.toThrow();
    expect(() => checkComplexity(Array(100).fill(part), 'body')).toThrow(/more than 10000/);
  });
});
