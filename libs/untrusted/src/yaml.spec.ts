import fc from 'fast-check';
import { parseYaml, parseYamlDocument } from './yaml';

const fields = (count: number) => Array.from({ length: count }, (_, i) => `k${i}: 1\n`).join('');

/** CPU time of a parse, whether it throws or not, in milliseconds. */
function cpuOf(text: string): number {
  const before = process.cpuUsage();
  try {
    parseYaml(text, 'p.yaml');
  } catch (error) {
    if (error instanceof RangeError) throw error;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

describe('parseYaml', () => {
  it('reads YAML and JSON', () => {
    expect(parseYaml('a: [1, true, ~]\nb: &x { c: "d" }\ne: *x\n', 'p.yaml')).toEqual({
      a: [1, true, null],
      b: { c: 'd' },
      e: { c: 'd' },
    });
    expect(parseYaml('{"a": ["b", 1.5e-3]}', 'p.json')).toEqual({ a: ['b', 0.0015] });
    expect(parseYaml('', 'p.yaml')).toBeNull();
  });

  it('reads what is deep and large within the limits', () => {
    const deep = `${'['.repeat(60)}1${']'.repeat(60)}`;
    expect(JSON.stringify(parseYaml(deep, 'p.yaml'))).toBe(deep);
    expect(Object.keys(parseYaml(fields(4000), 'p.yaml') as object)).toHaveLength(4000);
  });

  it('knows the places of the text', () => {
    const { place } = parseYamlDocument('a: 1\nb: 2\n', 'p.yaml');
    expect([place(0), place(5), place(8)]).toEqual(['p.yaml:1:1', 'p.yaml:2:1', 'p.yaml:2:4']);
  });

  it.each<[string, string, RegExp]>([
    ['lists in a line', '- '.repeat(2000), /^p\.yaml:1:132: is nested too deeply: more than 64 levels/],
    ['explicit keys in a line', '? '.repeat(400), /^p\.yaml:1:\d+: is nested too deeply/],
    ['open brackets', '['.repeat(100_000), /^p\.yaml:1:\d+: is nested too deeply/],
    ['open braces', '{a: '.repeat(5000), /^p\.yaml:1:\d+: is nested too deeply/],
    ['lists and keys in turn', '- ? '.repeat(500), /^p\.yaml:1:\d+: is nested too deeply/],
    [
      'indented lines',
      Array.from({ length: 200 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''),
      /^p\.yaml:66:\d+: is nested too deeply/,
    ],
    ['an alias inside its own anchor', 'a: &a [*a]', /^p\.yaml: is nested too deeply/],
    ['too many fields', fields(9000), /^p\.yaml:5001:\d+: expected at most 35000 words and indicators/],
    ['too long a text', `a: "${'x'.repeat(2 ** 18)}"`, /^p\.yaml: has \d+ characters; expected at most/],
    [
      'aliases that multiply',
      `a: &a [x, x]\n${[...'bcdefghijklm'].map((name, i) => `${name}: &${name} [*${'abcdefghijklm'[i]}, *${'abcdefghijklm'[i]}]\n`).join('')}`,
      /^p\.yaml: .*alias.*; write the fields out/,
    ],
    ['a field __proto__', 'a:\n  __proto__: { x: 1 }\n', /^p\.yaml: unknown field "__proto__"/],
    ['two documents', 'a: 1\n---\nb: 2\n', /^p\.yaml:2:1: expected one document; found several/],
    ['a broken text', 'a: [', /^p\.yaml:1:\d+: /],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseYaml(text, 'p.yaml')).toThrow(message);
    // The stack is compiled into regular expressions at its end: what matters is the second time too.
    expect(() => parseYaml(text, 'p.yaml')).toThrow(message);
  });

  it('names the first errors of a text that has thousands', () => {
    const failed = (() => {
      try {
        return parseYaml('}'.repeat(5000), 'p.yaml');
      } catch (error) {
        return (error as Error).message.split('\n');
      }
    })();
    expect(failed).toHaveLength(20);
  });

  it('takes little time for any small text', () => {
    const parts = [
      '- ',
      '? ',
      ': ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '&a ',
      '*a ',
      '!t ',
      'a',
      'a: ',
      '"',
      "'",
      '\n',
    ];
    const more = ['\n  ', '|\n', '>\n', '# c\n', '---\n', '%YAML 1.1\n---\n', '<<: ', '\t', '\\', '\0', '`'];
    const part = fc.constantFrom(...parts, ...more);
    const repeated = fc
      .tuple(fc.array(part, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 4096 }))
      .map(([pattern, length]) => {
        const text = pattern.join('');
        return text.repeat(Math.ceil(length / text.length));
      });
    const mixed = fc.array(part, { maxLength: 1000 }).map((texts) => texts.join(''));
    fc.assert(
      fc.property(fc.oneof(repeated, mixed), (text) => {
        // Measured: at most 64 ms of CPU.
        expect(cpuOf(text)).toBeLessThan(1000);
      }),
      { seed: 13, numRuns: 200 },
    );
  });
});
