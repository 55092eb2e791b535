import { compileTemplate, TemplateError } from '.';

/** A tenth of the limits of a short conversation, so that the spec is fast. */
const LIMITS = { steps: 200_000, characters: 5_000_000, size: 500_000 };
/** Text, emoji, a list of the same long text, a dictionary, and a range: about as long as a template can make them at once. */
const VALUES =
  "{% set s = 'a b' * 160000 %}{% set u = '\u{1f600}' * 120000 %}{% set l = [s] * 20000 %}{% set r = range(20000) %}" +
  '{% set d = dict.fromkeys(r, 1) %}';

const inLoop = (body: string) => `${VALUES}{% for i in range(99999) %}${body}{% endfor %}`;
const nested = (depth: number) => `${'('.repeat(depth)}1,${'),'.repeat(depth - 1)})`;

/** The kind of the error, and the seconds of the processor that it took. */
function outcome(template: string): { kind: string; seconds: number } {
  const start = process.cpuUsage();
  const seconds = () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1e6;
  };
  try {
    compileTemplate(template).render({}, { limits: LIMITS });
  } catch (error) {
    if (error instanceof TemplateError) return { kind: error.kind, seconds: seconds() };
    throw error;
  }
  return { kind: 'none', seconds: seconds() };
}

/** Each of these took minutes, or memory until the process ended, where one step of the loop counted as one step. */
describe('work on long values counts', () => {
  it.each([
    'range(20000)|first',
    'r.index(0)',
    'd|first',
    'd.keys()|first',
    'd.copy()',
    'd|dictsort|first',
    'dict(d)',
    'namespace(**d)',
    "d.get(s ~ 'x')",
    '{(s, s): 1}',
    'l|sort|first',
    'l|max',
    'l|unique|first',
    'l|map("upper")|first',
    "s == s ~ ''",
    's.isalnum()',
    'u.istitle()',
    's is upper',
    "u.startswith('x', 1)",
    "s.startswith(('a',) * 20000)",
    "'a'.strip(u)",
    "s.count('a')",
    "s.replace('a', 'b')",
    's.split()|first',
    's|int',
    's|wordcount',
    "('9' * 4300)|int",
    "'%(a).1s' % {'a': u}",
    "'{0:.1}'.format(u)",
    "('{0}' * 10000).format(s)",
    "('%%' * 100000) % ()",
    "strftime_now('%j' * 10000)",
    '[s]|string',
    'l ~ s',
    '3 ** 12000',
    '(3 ** 12000) // (7 ** 5000)',
    "(2 ** 14000) ~ ''",
  ])('%s', (expression) => {
    const { kind, seconds } = outcome(inLoop(`{% set x = ${expression} %}`));
    expect(['limit', 'runtime']).toContain(kind);
    expect(seconds).toBeLessThan(4);
  });

  it.each([
    ['names that a loop hides', inLoop(`{% continue %}${'{% set abc = 1 %}{% set def = 1 %}'.repeat(100)}`)],
    ['a key of nested tuples', `{{ {${nested(60)}: 1}|length }}`],
    ['an integer of a million digits', `{{ ${'9'.repeat(1_000_000)} }}`],
    ['a template of two megabytes', 'x'.repeat(2_000_000)],
  ])('%s', (_, template) => {
    const { kind, seconds } = outcome(template);
    expect(['limit', 'syntax', 'none']).toContain(kind);
    expect(seconds).toBeLessThan(4);
  });

  it('finds texts and tuples as keys, whatever their length', () => {
    const template = compileTemplate(
      "{{ {'a': 1}[text] is defined }} {{ (text in {'a': 1}) }} {{ {('a', 1): 2, ('a1',): 3}[('a', 1)] }} {{ {(1, 23): 4}[(12, 3)] is defined }}",
    );
    expect(template.render({ text: 'a'.repeat(100_000) })).toBe('False False 2 False');
  });

  it('does not let a long conversation raise the limits without end', () => {
    const messages = Array.from({ length: 100_000 }, () => ({ content: '' }));
    const work = '{% set x = 1 %}'.repeat(60);
    const template = compileTemplate(`{% for message in messages %}${work}{% endfor %}`);
    expect(() => template.render({ messages })).toThrow('it exceeds the limit of 10,000,000 steps');
  });
});
