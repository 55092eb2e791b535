import { compileTemplate, TemplateError } from '.';

const failure = (source: string, variables: Record<string, unknown> = {}): TemplateError => {
  try {
    compileTemplate(source).render(variables);
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
  throw new Error('the template should fail');
};

/** Of the processor, so that a busy machine changes nothing. */
function secondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

describe('a hostile template ends within its limits', () => {
  it.each<[string, string]>([
    ['a long range', '{{ range(100000000)|length }}'],
    ['nested loops', '{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}'],
    ['a repeated string', "{{ 'a' * 1000000000 }}"],
    ['a repeated list', '{{ [0] * 1000000000 }}'],
    [
      'a doubled string',
      "{% set n = namespace(x='a') %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}",
    ],
    [
      'a doubled string with ~',
      "{% set n = namespace(x='a') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    ],
    [
      'doubled output',
      '{% macro m(i) %}{% if i %}{{ m(i - 1) }}{{ m(i - 1) }}{% else %}aaaa{% endif %}{% endmacro %}{{ m(60) }}',
    ],
    ['a macro that calls itself', '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}'],
    ['a loop that calls itself', '{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}'],
    ['a large power', '{{ 7 ** 9999999999 }}'],
    [
      'repeated squares',
      '{% set n = namespace(x=7) %}{% for i in range(60) %}{% set n.x = n.x * n.x %}{% endfor %}',
    ],
    ['a wide column', "{{ 'a'.center(999999999) }}"],
    ['a wide format', "{{ '%999999999d' % 5 }}"],
    ['a wide indentation', "{{ 'a\n'|indent(999999999) }}"],
    ['wide tabs', "{{ '\t'.expandtabs(999999999) }}"],
    ['a long replacement', "{{ ('a' * 100000).replace('a', 'b' * 100000) }}"],
    ['a long join', "{{ (['a' * 1000] * 100000)|join }}"],
    [
      'a tree with shared branches as JSON',
      '{% set n = namespace(x=[]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x|tojson }}',
    ],
    [
      'a tree with shared branches as text',
      '{% set n = namespace(x=[]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}',
    ],
    [
      'a tree with shared branches, compared',
      '{% set n = namespace(x=[], y=[]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% set n.y = [n.y, n.y] %}{% endfor %}{{ n.x == n.y }}',
    ],
    ['copies of a string', "{% for i in range(99999) %}{{ ('x' * 20000)[::-1][0] }}{% endfor %}"],
    ['growing lists', '{{ ([[0] * 1000] * 10000)|sum(start=[])|length }}'],
    ['long addition', `{{ 1${'+1'.repeat(100_000)} }}`],
    ['deep parentheses', `{{ ${'('.repeat(100_000)}1${')'.repeat(100_000)} }}`],
    ['deep statements', '{% if 1 %}'.repeat(5000)],
    ['deep negation', `{{ ${'not '.repeat(100_000)}1 }}`],
    ['many open tags', '{{'.repeat(100_000)],
  ])('%s', (_, source) => {
    const start = process.cpuUsage();
    expect(['limit', 'syntax']).toContain(failure(source).kind);
    expect(secondsSince(start)).toBeLessThan(5);
  });

  it.each<[string, string]>([
    ['tags without end', "{{ ('<' * 100000)|striptags|length }}"],
    ['comments without end', "{{ ('<!--' * 100000)|striptags|length }}"],
    ['a long word', "{{ ('a' * 100000)|wordwrap(1)|length }}"],
    ['many words', "{{ ('a ' * 50000).split(none, 49999)|length }}"],
    ['blanks', "{{ (' ' * 1000000)|title|length }}"],
    ['apostrophes', `{{ ("a" ~ "'" * 100000).title()|length }}`],
    ['open formats', "{{ ('%(' * 50000)|length }}"],
    ['digits', "{{ ('1' * 100000 ~ 'x')|float }}"],
  ])('linear time: %s', (_, source) => {
    const start = process.cpuUsage();
    expect(compileTemplate(source).render({})).not.toBe('');
    expect(secondsSince(start)).toBeLessThan(3);
  });

  it('limits grow with the conversation', () => {
    const source =
      "{% for m in messages %}{% for part in m.content.split('\n') %}{{ part|trim }} {% endfor %}{% endfor %}";
    const messages = Array.from({ length: 4000 }, () => ({ content: 'a line\n'.repeat(200) }));
    expect(compileTemplate(source).render({ messages }).length).toBeGreaterThan(4000 * 200 * 6);
  });

  it('the limits of a rendering can be set', () => {
    const template = compileTemplate('{% for i in range(100) %}{{ i }}{% endfor %}');
    expect(() => template.render({}, { limits: { steps: 50 } })).toThrow('it exceeds the limit of 50 steps');
  });
});

describe('a template reaches its variables only', () => {
  const names = [
    'constructor',
    '__proto__',
    'prototype',
    '__class__',
    'toString',
    'hasOwnProperty',
    'call',
    'apply',
    'at',
    'map',
    'filter',
    'length',
  ];
  const values = [
    "'text'",
    '[1]',
    '(1,)',
    '{}',
    '1',
    '1.5',
    'true',
    'none',
    'range(2)',
    'messages',
    'messages[0]',
    'range',
    'dict',
    'namespace()',
    "'a'.upper",
    "'a'|safe",
    '{}.items()',
    'cycler(1)',
  ];

  it.each(names)('%s', (name) => {
    for (const value of values) {
      for (const access of [`(${value}).${name}`, `(${value})['${name}']`, `(${value})|attr('${name}')`]) {
        const source = `{% set v = ${access} %}{{ v is defined }}`;
        expect(compileTemplate(source).render({ messages: [{ role: 'user' }] })).toBe('False');
      }
    }
  });

  it.each([
    'process',
    'require',
    'globalThis',
    'module',
    'eval',
    'Function',
    'self',
    'lipsum',
    'toString',
    '__proto__',
  ])('no variable %s', (name) =>
    expect(compileTemplate(`{{ ${name} is defined }}`).render({})).toBe('False'),
  );

  it('a key "__proto__" of a variable is a key', () => {
    const messages = JSON.parse('[{"__proto__": {"admin": true}, "role": "user"}]');
    const source =
      "{{ messages[0]['__proto__'] }} {{ messages[0].admin is defined }} {{ {}.admin is defined }}";
    expect(compileTemplate(source).render({ messages })).toBe("{'admin': True} False False");
  });

  it.each([
    '{{ [].append(1) }}',
    '{{ {}.update({}) }}',
    '{{ messages.pop() }}',
    "{{ ''.__class__.__mro__ }}",
    "{{ '{0.__class__.__mro__}'.format(1) }}",
  ])('%s is refused', (source) => expect(failure(source, { messages: [] }).kind).toBe('runtime'));

  it('renderings share no state', () => {
    const template = compileTemplate(
      '{% set n = namespace(i=0) %}{% set n.i = n.i + 1 %}{{ n.i }}{{ x is defined }}{% set x = 1 %}',
    );
    expect([template.render({}), template.render({})]).toEqual(['1False', '1False']);
  });
});

describe('an error has its kind, its line and its reason', () => {
  it.each<[string, string, number, RegExp]>([
    ["a\n{{ raise_exception('Roles must alternate') }}", 'rejected', 2, /^Roles must alternate$/],
    ['a\nb\n{% if %}', 'syntax', 3, /expected an expression, found the end of the statement block/],
    [
      '{% for m in messages %}\n',
      'syntax',
      1,
      /expected \{% endfor %\} or \{% else %\}, found the end of the template/,
    ],
    ['\n{{ x.y }}', 'runtime', 2, /'x' is undefined/],
    ["{% set a = {} %}\n\n{{ 'x' + a.b }}", 'runtime', 3, /'dict object' has no attribute 'b'/],
    [
      "{% macro m() %}\n{{ 1 + 'a' }}{% endmacro %}\n{{ m() }}",
      'runtime',
      2,
      /unsupported operand type\(s\) for \+: 'int' and 'str'/,
    ],
    ["\n{{ 'a'|shout }}", 'runtime', 2, /No filter named 'shout'/],
    ["{% include 'b' %}", 'unsupported', 1, /include %\} needs a second template/],
    ['{{ a\n? b }}', 'syntax', 2, /unexpected character "\?"/],
    ["{{ 'a\\x' }}", 'syntax', 1, /invalid escape/],
    ['{% break %}', 'syntax', 1, /stands outside a loop/],
    [
      '{% if a %}\n{% endfor %}',
      'syntax',
      2,
      /the tag \{% endfor %\} is unknown; \{% elif %\} or \{% else %\} or \{% endif %\} is missing before it/,
    ],
  ])('%j', (source, kind, line, reason) => {
    const error = failure(source);
    expect({ kind: error.kind, line: error.line }).toEqual({ kind, line });
    expect(error.reason).toMatch(reason);
  });
});
