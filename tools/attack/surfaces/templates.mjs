/** Chat templates of foreign models, which are programs. */
import { compileTemplate } from '@open-chatgpt/jinja';

const MESSAGES = [
  { role: 'system', content: 'Be kind.' },
  { role: 'user', content: 'Hello {{ name }}' },
  { role: 'assistant', content: 'Good day.', tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }] },
  { role: 'user', content: 'And now?' },
];
const TEMPLATES = [
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
  "{%- set ns = namespace(found=false, n=0) -%}{%- for m in messages if m.role != 'system' -%}{%- set ns.n = ns.n + loop.index0 * 2 -%}[{{ loop.index }}/{{ loop.length }}] {{ m.content | trim | upper }}{%- endfor -%}{{ ns.n }}",
  "{% macro turn(m, sep='|') %}{{ sep ~ m.role ~ ': ' ~ (m.content or '') }}{% endmacro %}{% for m in messages %}{{ turn(m) }}{% endfor %}{{ messages | map(attribute='role') | unique | join(', ') }}",
  "{% for i in range(10) %}{% for j in range(i) %}{{ i * j }}{{ ',' if not loop.last else ';' }}{% endfor %}{% endfor %}",
  "{{ messages | tojson(indent=2) }}{{ messages[1:-1] | length }}{{ 'ab' * 3 }}{{ 'a,b,c'.split(',') | reverse | list }}{{ '%s-%d' | format('x', 3) }}",
  "{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}{% else %}{% set rest = messages %}{% endif %}{% for m in rest %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate.') }}{% endif %}{{ m.content.replace('a', 'bb').strip() }}{% endfor %}",
  "{{ strftime_now('%d %b %Y') }}{% filter upper %}{{ 'x' | indent(4) | center(20) | wordwrap(5) }}{% endfilter %}{{ dict(a=1).items() | list }}{{ [3, 1, 2] | sort | sum }}{{ 2 ** 10 // 3 % 7 }}",
];

export function open() {
  return {
    seeds: TEMPLATES.map((text) => Buffer.from(text)),
    hostile: HOSTILE,
    answer(input) {
      const variables = {
        messages: MESSAGES,
        add_generation_prompt: true,
        bos_token: '<s>',
        eos_token: '</s>',
        tools: null,
      };
      compileTemplate(input.toString()).render(variables);
    },
  };
}

const HOSTILE = [
  '{% for i in range(100000000) %}x{% endfor %}',
  '{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}',
  "{{ 'a' * 1000000000 }}",
  "{% set ns = namespace(s='a') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
  '{% macro f(n) %}{{ f(n + 1) }}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}',
  '{{ range(1000000000) | list | length }}',
  "{{ 'a' | center(1000000000) }}",
  "{{ '%1000000000d' | format(1) }}",
  '{{ 9 ** 9 ** 9 ** 9 }}',
  "{{ ''.__class__.__mro__[1].__subclasses__() }}",
  "{{ messages.constructor.constructor('return process')() }}",
  `{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`,
  `${'{% if true %}'.repeat(20_000)}`,
  `{{ messages${'|list'.repeat(20_000)} }}`,
];
