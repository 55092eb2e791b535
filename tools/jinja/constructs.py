"""The constructs of the battery, by group. Each is a template that `CONTEXT` renders. Errors are results too."""

CONTEXT = {
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "  Hi there \n"},
        {"role": "assistant", "content": "<think>\n    indent\n</think>\n\n    code"},
        {"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image"}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "add", "arguments": {"a": 1, "b": [True, None, 2.5, "é"]}}}]},
        {"role": "tool", "name": "add", "content": "3"},
    ],
    "tools": [{"type": "function", "function": {"name": "add", "description": "Adds \"two\" <numbers> & more", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "array", "items": {"type": "number"}}}, "required": ["a"]}}}],
    "add_generation_prompt": True,
    "bos_token": "<s>", "eos_token": "</s>",
    "s": "Hello World", "blank": "", "padded": "  x y \t\n", "nl": "\n  a\n", "xs": "xxaxx",
    "emoji": "a😀b👍🏽c", "cjk": "你好，世界", "accents": "Éclair ñandú straße ǆ", "quotes": "it's \"q\" \\ \t\u0000\u007f\u00a0é",
    "html": "<a href=\"x\">T&C's</a>", "lines": "one\ntwo\r\nthree\n", "csv": "a,b,,c", "words": "the quick  brown-fox (jumps) it's",
    "n": 7, "z": 0, "neg": -7, "f": 2.5, "tiny": 0.00001, "huge": 1e22, "t": True, "no": False,
    "list": [3, 1, 2], "mixed": [1, "a", None, True, 2.5, [1], {"k": "v"}], "empty": [], "names": ["bob", "Alice", "carol", "alice"],
    "d": {"b": 2, "a": 1, "C": 3}, "nested": {"x": {"y": {"z": "deep"}}, "items": "shadow", "_private": 1, "list": [{"v": 1}, {"v": 2}]}, "nothing": {},
    "people": [{"name": "Ann", "age": 31, "city": {"n": "Rome"}}, {"name": "bob", "age": 25, "city": {"n": "Oslo"}}, {"name": "Cy", "age": 31, "city": {"n": "Rome"}}],
    "tree": [{"v": 1, "kids": [{"v": 2, "kids": []}, {"v": 3, "kids": [{"v": 4, "kids": []}]}]}],
}

GROUPS = {
"strip and split": r"""
{{ nl.strip('\n') }}|
{{ xs.strip('x') }}|{{ xs.lstrip('x') }}|{{ xs.rstrip('x') }}
{{ 'abcba'.strip('ab') }}|{{ 'mississippi'.lstrip('ims') }}|{{ 'x.y-]'.rstrip('-]') }}
[{{ padded.strip() }}][{{ padded.lstrip() }}][{{ padded.rstrip() }}]
[{{ padded.strip(none) }}]
[{{ nl.lstrip('\n') }}][{{ nl.rstrip('\n') }}]
[{{ messages[2].content.split('</think>')[-1].lstrip('\n') }}]
[{{ messages[2].content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') }}]
[{{ '\u00a0\u3000 a\u2003'.strip() }}]
[{{ '\ufeffa'.strip() }}]
[{{ '\x1c\x85a\x1f'.strip()|length }}]
{{ csv.split(',') }}
{{ csv.split(',', 1) }}|{{ csv.rsplit(',', 1) }}|{{ csv.split(',', maxsplit=2) }}
{{ padded.split() }}|{{ ''.split() }}|{{ ''.split(',') }}
{{ ' a  b c '.split(none, 1) }}|{{ ' a  b c '.rsplit(none, 1) }}
{{ csv.split(sep=',') }}
{{ 'a'.split('') }}
{{ lines.splitlines() }}|{{ lines.splitlines(true) }}|{{ ''.splitlines() }}
{{ 'a\x0bb\x0cc\u2028d\x85e'.splitlines() }}
{{ 'k=v=w'.partition('=') }}|{{ 'k=v=w'.rpartition('=') }}|{{ 'k'.partition('=') }}|{{ 'k'.rpartition('=') }}
{{ 'aXbXc'.split('X')[::-1]|join('-') }}
{{ messages[1].content | trim }}|{{ padded | trim }}|{{ xs | trim('x') }}
{{ emoji.split('😀') }}|{{ emoji.strip('ac') }}
{{ '🏽👍'.strip('👍') }}
""",
"string methods": r"""
{{ s.replace('o', '0') }}|{{ s.replace('o', '0', 1) }}|{{ s.replace('', '-') }}|{{ s.replace('l', '') }}
{{ 'aaa'.replace('a', 'b', 2) }}|{{ 'aaa'.replace('a', 'b', -1) }}|{{ 'aaa'.replace('a', 'b', 0) }}
{{ '$& $1'.replace('$', '$$') }}|{{ 'x'.replace('x', '$&') }}
{{ emoji.replace('', '.') }}
{{ s.startswith('Hell') }}|{{ s.startswith('hell') }}|{{ s.startswith('World', 6) }}|{{ s.startswith(('x', 'He')) }}|{{ s.startswith('') }}
{{ s.endswith('World') }}|{{ s.endswith(('d', 'x')) }}|{{ s.endswith('Hello', 0, 5) }}|{{ s.startswith('o', 4, 5) }}
{{ s.find('o') }}|{{ s.find('o', 5) }}|{{ s.rfind('o') }}|{{ s.find('zz') }}|{{ s.index('W') }}|{{ s.rindex('o') }}|{{ s.find('') }}
{{ s.index('zz') }}
{{ s.count('l') }}|{{ s.count('') }}|{{ 'aaaa'.count('aa') }}|{{ s.count('o', 5) }}
{{ emoji.find('b') }}|{{ emoji.index('c') }}|{{ emoji.count('') }}|{{ emoji.rfind('b') }}
{{ s.upper() }}|{{ s.lower() }}|{{ s.swapcase() }}|{{ s.title() }}|{{ s.capitalize() }}|{{ s.casefold() }}
{{ accents.upper() }}|{{ accents.lower() }}|{{ accents.capitalize() }}|{{ accents.casefold() }}|{{ accents.swapcase() }}
{{ accents.title() }}
{{ "they're bill's".title() }}|{{ 'hELLO wORLD'.capitalize() }}|{{ 'x1y z'.title() }}
{{ 'ß'.capitalize() }}|{{ 'ΑΣ'.lower() }}|{{ 'İ'.lower()|length }}
{{ s|capitalize }}|{{ s|title }}|{{ s|upper }}|{{ s|lower }}|{{ words|title }}|{{ 'FOO bar'|capitalize }}
{{ 'a'.center(5) }}|{{ 'ab'.center(5, '*') }}|{{ 'a'.ljust(3, '.') }}|{{ 'a'.rjust(3) }}|{{ '7'.zfill(3) }}|{{ '-7'.zfill(4) }}|{{ '+7'.zfill(4) }}
{{ 'abc'.center(4, '-') }}|{{ 'ab'.center(4, '-') }}|{{ 'abcd'.center(2) }}|{{ '😀'.center(3, '-') }}
{{ ','.join(['a', 'b']) }}|{{ ''.join(names) }}|{{ '-'.join('abc') }}
{{ ','.join([1, 2]) }}
{{ 'prefix-x'.removeprefix('prefix-') }}|{{ 'x.txt'.removesuffix('.txt') }}|{{ 'x'.removesuffix('') }}|{{ 'x'.removeprefix('y') }}
{{ 'a\tb'.expandtabs() }}|{{ 'a\tb'.expandtabs(4) }}|{{ '\t\t'.expandtabs(2) }}
{{ 'abc'.isalpha() }}|{{ 'ab1'.isalpha() }}|{{ '你好'.isalpha() }}|{{ ''.isalpha() }}|{{ 'ab1'.isalnum() }}|{{ 'a b'.isalnum() }}
{{ '12'.isdigit() }}|{{ '1²'.isdigit() }}|{{ '½'.isdigit() }}|{{ '½'.isnumeric() }}|{{ '１２'.isdecimal() }}|{{ '²'.isdecimal() }}
{{ ' \n'.isspace() }}|{{ ''.isspace() }}|{{ 'AB'.isupper() }}|{{ 'aB'.islower() }}|{{ 'A1'.isupper() }}|{{ '1'.islower() }}
{{ 'Ab Cd'.istitle() }}|{{ 'Ab cd'.istitle() }}|{{ 'a_1'.isidentifier() }}|{{ '1a'.isidentifier() }}|{{ 'abc'.isascii() }}|{{ 'é'.isascii() }}|{{ 'a\n'.isprintable() }}
{{ 'abc'.translate({97: 'x', 98: none}) }}
{{ 'Hi {} and {}'.format('a', 1) }}|{{ '{0} {1} {0}'.format('a', 'b') }}|{{ '{x}'.format(x=5) }}|{{ '{{}}'.format() }}
{{ '{:>5}|{:<5}|{:^5}'.format('a', 'b', 'c') }}|{{ '{:05d}'.format(42) }}|{{ '{:,}'.format(1234567) }}|{{ '{:.2f}'.format(3.14159) }}|{{ '{:x}'.format(255) }}
{{ '{!r} {!s}'.format('a', 'b') }}|{{ '{0[k]}'.format({'k': 'v'}) }}|{{ '{:*^9}'.format('mid') }}|{{ '{:+d} {:e} {:.1%}'.format(3, 12345.678, 0.256) }}
{{ 'a %s b %d c %.2f' % ('x', 3, 1.005) }}|{{ '%s' % 'x' }}|{{ '%5s|%-5s|%05d' % ('a', 'b', 42) }}|{{ '%r' % 'q' }}|{{ '%%' % () }}
{{ '%(a)s-%(b)03d' % {'a': 'x', 'b': 5} }}|{{ '%x %X %o %e %g' % (255, 255, 8, 12345.678, 0.0001) }}|{{ '%s %s' % (none, true) }}
{{ '%s' % [1, 'a'] }}|{{ '%d' % 3.9 }}|{{ '%s and %s'|format('a', 2) }}|{{ '%(k)s'|format(k=1) }}
{{ '%s %s' % 'x' }}
{{ 'ab' * 3 }}|{{ 3 * 'ab' }}|{{ 'ab' * 0 }}|{{ 'ab' * -1 }}|{{ 'ab' * true }}
{{ 'a' 'b' "c" }}
{{ "it's" }}|{{ 'say "x"' }}|{{ 'a\'b' }}|{{ "\"" }}
{{ 'tab\there\\n' }}|{{ '\x41\u00e9\U0001F600\101\q' }}|{{ 'line\
joined' }}
{{ s.nope }}|{{ s.nope is undefined }}
{{ s.nope() }}
{{ s.__class__ }}|{{ s['__class__'] is defined }}
{{ s.__class__.__mro__ }}
{{ ''.join(['a', 'b'])|length }}
{{ s.strip(1) }}
{{ s.startswith(1) }}
{{ s.replace('a') }}
""",
"strings as code points": r"""
{{ emoji|length }}|{{ '👨‍👩‍👧'|length }}|{{ cjk|length }}|{{ ''|length }}
{{ emoji[1] }}|{{ emoji[-1] }}|{{ emoji[1:3] }}|{{ emoji[::-1] }}|{{ emoji[:2] }}|{{ emoji[3:] }}
{{ emoji[1:5:2] }}|{{ emoji[-2:] }}|{{ emoji[5:1:-1] }}
{{ s[0] }}|{{ s[-1] }}|{{ s[2:5] }}|{{ s[:-1] }}|{{ s[::2] }}|{{ s[::-1] }}|{{ s[100:] }}|{{ s[-100:3] }}
[{{ s[100] }}]|{{ s[100] is defined }}
{{ s[1:-1:3] }}|{{ s[8:2:-2] }}|{{ s[none:3] }}|{{ s[:none] }}
{{ s[::0] }}
{% for c in emoji %}[{{ c }}]{% endfor %}
{{ emoji|list }}|{{ emoji|reverse }}|{{ emoji|first }}|{{ emoji|last }}
{{ '😀' < '\uffee' }}|{{ 'a' < 'b' }}|{{ 'Z' < 'a' }}|{{ 'abc' < 'abd' }}|{{ 'ab' < 'abc' }}
{{ '😀' in emoji }}|{{ '' in emoji }}|{{ 'zz' in s }}|{{ 'zz' not in s }}
{{ emoji|truncate(4, true, '') }}|{{ emoji|center(10) }}|
{{ ['😀', '\uffee']|sort }}
{{ '%-4s|' % '😀' }}|{{ '{:>3}'.format('😀') }}
{{ emoji|batch(2)|list }}
{{ emoji|wordcount }}|{{ s|wordcount }}|{{ words|wordcount }}
""",
"printing": r"""
{{ true }}|{{ false }}|{{ none }}|{{ True }}|{{ False }}|{{ None }}
{{ t }} {{ no }} {{ none }} {{ n }} {{ f }}
{{ list }}|{{ mixed }}|{{ empty }}|{{ names }}
{{ d }}|{{ nothing }}|{{ nested }}
{{ (1, 2) }}|{{ (1,) }}|{{ () }}|{{ ('a', none, true) }}
{{ [true, none, 1.0, 'x', "it's", 'q"'] }}
{{ {'a': true, 1: 'x', none: 2.0, (1, 2): []} }}
{{ {1: 'a', true: 'b', 1.0: 'c'} }}
{{ [quotes] }}|{{ ['a\nb\r\t\\'] }}|{{ ['both \' and "'] }}|{{ [emoji, cjk, '\u200b\ufeff\u2028\xad'] }}
{{ quotes }}
{{ 1.0 }}|{{ 2.50 }}|{{ 1e3 }}|{{ 1e16 }}|{{ 1e15 }}|{{ 1.5e300 }}|{{ tiny }}|{{ huge }}|{{ 0.0001 }}|{{ 123456789.123 }}|{{ 1e-7 }}
{{ -0.0 }}|{{ 0.1 + 0.2 }}|{{ 1/3 }}|{{ 100.0 }}|{{ 1e22 }}|{{ 123456789012345680.0 }}
{{ 12345678901234567890 }}|{{ 12345678901234567890 + 1 }}|{{ 2 ** 70 }}|{{ 9007199254740993 }}
{{ range(3) }}|{{ range(1, 5, 2) }}|{{ range(3)|list }}
{{ d.items() }}|{{ d.keys() }}|{{ d.values() }}
{{ undefined_thing }}|[{{ d.missing }}]|[{{ [undefined_thing] }}]
{{ messages[4] }}
{{ tools[0] }}
{{ [1, [2, (3, {'k': [none]})]] }}
{{ none ~ true ~ 1.0 ~ [1] }}
{{ 'a' ~ 1 ~ none }}|{{ 1 ~ 2 }}|{{ 'x' ~ 1.5 ~ 'y' }}
{{ true ~ '' }}|{{ [] ~ {} }}
{{ namespace(a=1) }}
{{ true|string }}|{{ none|string|length }}|{{ 1.0|string }}|{{ list|string }}
{% print 'a', 1, none %}
{{ 1, 2 }}|{{ 'a', }}
{{ html|safe }}|{{ html }}|{{ html|e }}|{{ html|escape }}|{{ '<b>'|e|upper }}
{{ '<' + ('>'|safe) }}|{{ ('>'|safe) + '<' }}|{{ ('>'|safe) ~ '<' }}|{{ [('>'|safe)] }}
{{ 1_000 }}|{{ 0x1F }}|{{ 0b11 }}|{{ 0o17 }}|{{ 1_0.5 }}
{{ inf }}|{{ 1e400 }}|{{ -1e400 }}|{{ 1e400 - 1e400 }}
""",
"arithmetic": r"""
{{ 7 / 2 }}|{{ 8 / 2 }}|{{ 7 // 2 }}|{{ -7 // 2 }}|{{ 7 % 3 }}|{{ -7 % 3 }}|{{ 7 % -3 }}|{{ 2 ** 10 }}|{{ 2 ** -1 }}
{{ 7.0 // 2 }}|{{ 7.5 % 2 }}|{{ -7.5 % 2 }}|{{ -7.5 // 2 }}|{{ 2 ** 0.5 }}|{{ 4 ** 0.5 }}|{{ 2.0 ** 3 }}
{{ 1 + 1 }}|{{ 1 + 1.0 }}|{{ 3 - 5 }}|{{ 2 * 3 }}|{{ 2 * 3.0 }}|{{ 0.5 + 0.5 }}
{{ n + f }}|{{ n - 7 }}|{{ n * z }}|{{ -n }}|{{ +n }}|{{ --n }}
{{ -2 ** 2 }}|{{ 2 ** 3 ** 2 }}|{{ 2 ** -1 ** 2 }}|{{ (-2) ** 2 }}
{{ 1 + 2 * 3 - 4 / 2 }}|{{ (1 + 2) * 3 }}|{{ 10 - 3 - 2 }}|{{ 100 // 7 % 5 }}
{{ true + 1 }}|{{ true * 3 }}|{{ -true }}|{{ false + 0.5 }}
{{ 1 / 0 }}
{{ 1 // 0 }}
{{ 1 % 0 }}
{{ 1.0 / 0 }}
{{ 'a' + 1 }}
{{ 1 + 'a' }}
{{ [1] + [2] }}|{{ (1,) + (2,) }}|{{ [1] * 2 }}|{{ 2 * [1, 2] }}|{{ (1, 2) * 2 }}
{{ [1] + (2,) }}
{{ none + 1 }}
{{ {} + {} }}
{{ undefined_thing + 1 }}
{{ n % 2 == 0 }}|{{ (n % 2 == 0) != t }}|{{ loop is undefined }}
{{ 1 ~ 2 + 3 }}
{{ 1 + 2 ~ 3 }}
{{ 'a' ~ 2 * 3 }}|{{ '<' ~ (n + 1) ~ '>' }}|{{ 'a' + 'b' ~ 'c' }}|{{ 7 ~ 2 * 3 }}
{{ 3|abs }}|{{ -3|abs }}|{{ (-3)|abs }}|{{ -2.5|abs }}|{{ (-2.5)|abs }}
{{ 2.5|round }}|{{ 3.5|round }}|{{ 2.675|round(2) }}|{{ 0.125|round(2) }}|{{ 42|round }}|{{ 42.567|round(1, 'floor') }}|{{ 42.1|round(0, 'ceil') }}|{{ 1234.5|round(-2) }}|{{ 1234|round(-2) }}
{{ '42'|int }}|{{ 'x'|int }}|{{ 'x'|int(5) }}|{{ '4.7'|int }}|{{ 4.7|int }}|{{ -4.7|int }}|{{ '0x1f'|int(0, 16) }}|{{ 'ff'|int(base=16) }}|{{ ' 12 '|int }}|{{ none|int }}|{{ true|int }}|{{ '1_000'|int }}|{{ []|int(3) }}
{{ '2.5'|float }}|{{ 'x'|float }}|{{ 'x'|float(1.5) }}|{{ 3|float }}|{{ '1e3'|float }}|{{ 'inf'|float }}|{{ 'nan'|float }}
{{ [1, 2, 3]|sum }}|{{ [0.1, 0.2]|sum }}|{{ people|sum('age') }}|{{ people|sum(attribute='age', start=10) }}|{{ []|sum }}|{{ [[1], [2]]|sum(start=[]) }}
{{ list|max }}|{{ list|min }}|{{ names|max }}|{{ names|min }}|{{ []|max }}|{{ people|max(attribute='age') }}|{{ names|min(case_sensitive=true) }}
{{ 7|divisibleby }}
{{ (7).bit_length() }}|{{ f.is_integer() }}|{{ 2.0.is_integer() }}
{{ 1234567|filesizeformat }}|{{ 1|filesizeformat }}|{{ 1000|filesizeformat }}|{{ 1024|filesizeformat(true) }}|{{ 0|filesizeformat }}
{{ 10 ** 20 // 7 }}|{{ -(10 ** 20) % 7 }}|{{ 10 ** 20 / 3 }}|{{ 2 ** 64 == 18446744073709551616 }}|{{ 2 ** 53 + 1 == 2.0 ** 53 }}
""",
"comparison and logic": r"""
{{ 1 == 1.0 }}|{{ 1 == true }}|{{ 0 == false }}|{{ '1' == 1 }}|{{ none == false }}|{{ 'a' == 'a' }}|{{ [] == [] }}|{{ [1] == (1,) }}
{{ {'a': 1, 'b': 2} == {'b': 2, 'a': 1.0} }}|{{ [1, [2]] == [1, [2.0]] }}|{{ (1, 2) == (1, 2) }}|{{ {} == [] }}
{{ 1 != 2 }}|{{ 1 < 2 }}|{{ 2 <= 2 }}|{{ 3 > 2 }}|{{ 2 >= 3 }}|{{ 1 < 2 < 3 }}|{{ 1 < 3 < 2 }}|{{ 1 < 2.5 }}|{{ true < 2 }}
{{ [1, 2] < [1, 3] }}|{{ (1,) < (1, 2) }}|{{ [1, 2] <= [1, 2] }}
{{ 'a' < 1 }}
{{ none < 1 }}
{{ {} < {} }}
{{ undefined_thing == undefined_other }}|{{ undefined_thing == none }}|{{ undefined_thing != '' }}
{{ undefined_thing < 1 }}
{{ 1 in [1, 2] }}|{{ true in [1] }}|{{ 'a' in d }}|{{ 'z' in d }}|{{ 2 in d.values() }}|{{ 'a' not in d }}|{{ 3 in range(5) }}|{{ 5 in range(5) }}|{{ ('a', 1) in d.items() }}
{{ 1 in 'abc' }}
{{ 'a' in none }}
{{ 'a' in undefined_thing }}|{{ undefined_thing in [1] }}
{{ 'a' in 5 }}
{{ [1] in d }}
{{ true and 'x' }}|{{ '' or 'dflt' }}|{{ none or 0 }}|{{ 1 and 0 or 'c' }}|{{ not '' }}|{{ not [0] }}|{{ not none }}|{{ undefined_thing or 'd' }}
{{ not 1 == 2 }}|{{ not true and false }}|{{ true or false and false }}|{{ not not 'x' }}
{{ 'y' if t else 'n' }}|{{ 'y' if no else 'n' }}|[{{ 'y' if no }}]|{{ 'a' if no else 'b' if no else 'c' }}
{{ 'a' if n > 5 else 'b' if n > 3 else 'c' }}|{{ ('x' if no else 'y') ~ 'z' }}|{{ 'x' if no else 'y' ~ 'z' }}
{{ ('x' if no) is defined }}|{{ 'a' ~ ('b' if no) ~ 'c' }}
{{ 1 if '' else 2 if [] else 3 if {} else 4 if 0.0 else 5 if '0' else 6 }}
{{ 'x' if messages[0]['role'] == 'system' and 'x' in 'xyz' else 'n' }}
{{ t is true }}|{{ 1 is true }}|{{ no is false }}|{{ none is none }}|{{ undefined_thing is none }}
{{ [d, d]|unique|list|length }}
{{ n is gt(3) and n is not lt(3) }}|{{ 'a' < 'b' < 'c' }}|{{ 1 == 1 in [1] }}
{{ 'A' == 'a' }}|{{ 'é' == 'e\u0301' }}
{% if messages %}y{% endif %}{% if empty %}n{% elif d %}e{% else %}x{% endif %}{% if not nothing %}z{% endif %}
{% if 1 < 2 and (3 > 4 or not no) %}ok{% endif %}
{% if none is not none or 'a' is string and 1 is number %}ok{% endif %}
{{ range(3) == range(3) }}|{{ range(0) == range(2, 1) }}
""",
"tests": r"""
{{ s is string }}|{{ n is string }}|{{ n is number }}|{{ f is number }}|{{ t is number }}|{{ t is boolean }}|{{ 1 is boolean }}|{{ n is integer }}|{{ t is integer }}|{{ f is float }}|{{ 1.0 is float }}
{{ d is mapping }}|{{ list is mapping }}|{{ list is sequence }}|{{ s is sequence }}|{{ d is sequence }}|{{ n is sequence }}|{{ range(2) is sequence }}
{{ list is iterable }}|{{ s is iterable }}|{{ n is iterable }}|{{ d is iterable }}|{{ none is iterable }}|{{ undefined_thing is iterable }}|{{ d.items() is iterable }}|{{ d.items() is sequence }}
{{ undefined_thing is defined }}|{{ undefined_thing is undefined }}|{{ none is defined }}|{{ d.a is defined }}|{{ d.zz is defined }}|{{ d['zz'] is not defined }}
{{ undefined_thing.x is defined }}
{{ 4 is even }}|{{ 4 is odd }}|{{ 9 is divisibleby 3 }}|{{ 9 is divisibleby(2) }}|{{ 4 is not odd }}
{{ s is eq 'Hello World' }}|{{ n is equalto 7 }}|{{ n is ne 7 }}|{{ n is gt 3 }}|{{ n is lt 3 }}|{{ n is ge 7 }}|{{ n is le 7 }}|{{ n is greaterthan 3 }}|{{ n is lessthan(8) }}
{{ n is == 7 }}
{{ 'a' is in ['a'] }}|{{ 'a' is in 'abc' }}|{{ 'z' is not in 'abc' }}|{{ 1 is in d }}
{{ 'abc' is lower }}|{{ 'ABC' is upper }}|{{ 'Abc' is lower }}|{{ '1' is upper }}
{{ none is none }}|{{ none is sameas none }}|{{ n is sameas 7 }}|{{ t is sameas true }}
{{ range is callable }}|{{ s is callable }}|{{ s.upper is callable }}
{{ 'trim' is filter }}|{{ 'nope' is filter }}|{{ 'odd' is test }}|{{ 'nope' is test }}
{{ s is escaped }}|{{ (s|safe) is escaped }}
{{ not s is number }}|{{ s is string and n is number }}|{{ n is string or n is number }}|{{ (n is number) ~ 'x' }}
{{ messages[0].content is string }}|{{ messages[3].content is string }}|{{ messages[3].content is iterable and messages[3].content is not string }}|{{ messages[4].content is none }}
{{ 'x' if d.a is defined and d.a else 'y' }}
{{ n is nosuchtest }}
{{ 5 is odd is string }}
{{ true is string }}|{{ [] is string }}|{{ '' is string }}
{{ n is number and f is float and not (t is float) }}
""",
"lists and slices": r"""
{{ list[0] }}|{{ list[-1] }}|{{ list[1:] }}|{{ list[:-1] }}|{{ list[::-1] }}|{{ list[::2] }}|{{ list[5:] }}|[{{ list[9] }}]
{{ messages[1:]|length }}|{{ messages[-1].role }}|{{ messages[-1]['role'] }}|{{ messages[::-1][0].role }}|{{ (messages|last).role }}|{{ messages[:-1][-1].role }}
{{ (1, 2, 3)[1:] }}|{{ (1, 2, 3)[::-1] }}|{{ [1, 2, 3, 4][1:3] }}|{{ [1, 2, 3, 4][-3:-1] }}|{{ [1, 2, 3, 4][3:0:-1] }}
{{ range(10)[2:5] }}|{{ range(10)[-1] }}|{{ range(10)[::3]|list }}
{{ list.0 }}|{{ list.1 }}|{{ messages.0.role }}
{{ list['0'] is defined }}|{{ list['x'] is defined }}|{{ list.foo is defined }}
{{ list[t] }}|{{ list[1.0] is defined }}
{{ list.index(1) }}|{{ list.count(2) }}|{{ (1, 1).count(1) }}|{{ (1, 2).index(2) }}
{{ list.index(99) }}
{{ list.append(4) }}
{{ d.update({'x': 1}) }}
{{ list.sort() }}
{{ list.copy() }}
{{ [1, 2, 3,] }}|{{ [] }}|{{ [[]] }}|{{ [1, 2][1] }}
{{ [x for x in list] }}
{{ list|first }}|{{ list|last }}|[{{ empty|first }}]|[{{ empty|last }}]|{{ d|first }}|{{ 'abc'|first }}
{{ list|length }}|{{ list|count }}|{{ d|length }}|{{ empty|length }}|{{ range(5)|length }}|{{ d.keys()|length }}|{{ undefined_thing|length }}
{{ 5|length }}
{{ none|length }}
{{ list|reverse|list }}|{{ 'abc'|reverse }}|{{ d|reverse|list }}|{{ list|reverse|first }}
{{ list|sort }}|{{ list|sort(reverse=true) }}|{{ names|sort }}|{{ names|sort(case_sensitive=true) }}|{{ names|sort(true) }}|{{ [2.5, 1, true]|sort }}
{{ people|sort(attribute='age')|map(attribute='name')|list }}|{{ people|sort(attribute='age,name')|map(attribute='name')|list }}|{{ people|sort(attribute='city.n', reverse=true)|map(attribute='name')|list }}
{{ [1, 'a']|sort }}
{{ [none, 1]|sort }}
{{ names|unique|list }}|{{ names|unique(true)|list }}|{{ [1, 1.0, true, 2]|unique|list }}|{{ people|unique(attribute='age')|map(attribute='name')|list }}
{{ list|join }}|{{ list|join(', ') }}|{{ people|join(', ', attribute='name') }}|{{ [1, none, true]|join('-') }}|{{ 'abc'|join('.') }}|{{ d|join }}|{{ empty|join(',') }}|{{ undefined_thing|join }}
{{ list|batch(2)|list }}|{{ range(5)|batch(3, 'x')|list }}|{% for row in range(4)|batch(2) %}<{{ row|join }}>{% endfor %}
{{ range(10)|slice(3)|list }}|{{ range(10)|slice(3, 'x')|list }}
{{ 'ab'|list }}|{{ d|list }}|{{ (1, 2)|list }}
{{ none|list }}
{{ people|groupby('age') }}
{% for age, group in people|groupby('age') %}{{ age }}:{{ group|map(attribute='name')|join(',') }};{% endfor %}{% for g in people|groupby('city.n') %}{{ g.grouper }}={{ g.list|length }};{% endfor %}
{% for g in people|groupby('nope', default='?') %}{{ g[0] }}{{ g[1]|length }}{% endfor %}|{% for g, l in names|groupby(0) %}{{ g }}{{ l|length }} {% endfor %}
{{ ([1, 2] + [3])[-1] }}|{{ (messages + [{'role': 'x'}])|length }}|{{ messages[0:1] + messages[5:] }}
{{ 'x'.split(',')[0:1][0] }}|{{ messages[2]['content'].split('</think>')|last }}
{{ [3, 1][0] + [1][0] }}|{{ [[1, 2], [3, 4]][1][0] }}|{{ [1, 2, 3][1:][0] }}
""",
"dicts": r"""
{{ d.a }}|{{ d['a'] }}|[{{ d.zz }}]|{{ d.get('a') }}|{{ d.get('zz') }}|{{ d.get('zz', 'dflt') }}|{{ nested.x.y.z }}|{{ nested['x']['y'].z }}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}|{% for k in d %}{{ k }}{% endfor %}|{% for v in d.values() %}{{ v }}{% endfor %}|{% for k in d.keys() %}{{ k }}{% endfor %}
{{ d|items|list }}|{{ d.items()|list }}|{{ d.keys()|list }}|{{ d.values()|list }}|{{ undefined_thing|items|list }}
{{ d|dictsort }}|{{ d|dictsort(true) }}|{{ d|dictsort(by='value') }}|{{ d|dictsort(reverse=true) }}|{{ d|dictsort(false, 'value', true) }}
{% for k, v in d|dictsort %}{{ k }}{{ v }} {% endfor %}
{{ nested.items is callable }}x{{ nested['items'] }}|{{ nested.items()|list|length }}
{{ nested._private }}|{{ nested['_private'] }}
{{ dict(a=1, b=2) }}|{{ dict(d, z=1) }}|{{ dict([('x', 1), ('y', 2)]) }}|{{ dict() }}|{{ dict(**d) }}
{{ dict.fromkeys(['a', 'b'], 0) }}|{{ dict.fromkeys('ab') }}
{{ {'a': 1}.a }}|{{ {'a': {'b': 2}}['a']['b'] }}|{{ {1: 'x'}[1] }}|{{ {'a': 1, 'a': 2} }}|{{ {true: 'x'}[1] }}
{{ d.copy() }}|{{ {'a': 1,} }}|{{ {}|length }}|{{ {'k' ~ 1: n + 1} }}
{{ d.pop('a') }}
{{ d.setdefault('q', 1) }}
{{ d.clear() }}
{{ d.nope() }}
{{ d['a']['b'] is defined }}|[{{ d.a.b }}]
{{ d.zz.b }}
{{ none.x is defined }}|[{{ none.x }}]|[{{ none['x'] }}]|[{{ n.x }}]
{{ none.x.y }}
{{ d.keys()[0] is defined }}|{{ (d.keys()|list)[0] }}|{{ 'b' in d.keys() }}
{{ messages[4].tool_calls[0].function.arguments }}|{{ messages[4].tool_calls[0].function.arguments.items()|list }}
{{ messages[4]['tool_calls'][0]['function']['name'] }}|{{ messages[0].tool_calls is defined }}|{{ 'tool_calls' in messages[4] }}|{{ messages[0].get('tool_calls') }}
{% set x = dict(d, a=9) %}{{ x.a }}{{ d.a }}
{{ {[1]: 2} }}
{{ d|length }}|{{ d.__len__ is defined }}|{{ d.__class__ }}|
{{ d == {'C': 3, 'a': 1, 'b': 2} }}|{{ d.keys() == {'a': 0, 'b': 0, 'C': 0}.keys() }}
{{ d|list|sort }}|{{ d|max }}|{{ d|string }}
{{ nested.list[1].v }}|{{ nested.list|sum(attribute='v') }}|{{ nested.list[-1]['v'] }}
{{ {'__proto__': 1, 'constructor': 2} }}|{{ d.constructor is defined }}|{{ d['__proto__'] is defined }}|{{ d.hasOwnProperty is defined }}|{{ s.length is defined }}|{{ list.length is defined }}|{{ list.map is defined }}|{{ toString is defined }}
""",
"filters over items": r"""
{{ list|map('string')|list }}|{{ names|map('upper')|join(' ') }}|{{ people|map(attribute='name')|list }}|{{ people|map(attribute='city.n')|join(',') }}|{{ people|map(attribute='zip', default='?')|list }}
{{ names|map('replace', 'a', '4')|list }}|{{ ['a ', ' b']|map('trim')|list }}|{{ [[1, 2], [3]]|map('length')|list }}|{{ [[1, 2], [3]]|map('first')|list }}|{{ [1.5, 2.5]|map('round')|list }}|{{ ['1', 'x']|map('int', 9)|list }}
{{ [[1, 2]]|map(attribute=0)|list }}|{{ [[1, 2]]|map(attribute='1')|list }}
{{ names|map('nosuch')|list }}
{{ 'text' in messages[3].content|map(attribute='type') }}|{{ 'audio' in messages[3].content|map(attribute='type') }}|{{ 'Ann' in people|map(attribute='name')|list }}
{% set g = list|map('string') %}{{ '1' in g }}{{ g|list }}|{{ range(2, 9, 3).index(5) }}|{{ range(4).count(2) }}|{{ 'a  b'|wordwrap(1) }}
{{ list|map is iterable }}
{{ ''|map('upper')|list }}|{{ 0|select|list }}|{{ undefined_thing|map('nosuch')|list }}|{{ []|selectattr('a')|list }}
{{ none|map('upper') is iterable }}|{{ 'abc'|batch(0)|list }}|{{ [1, 2]|slice(-1)|list }}
{{ undefined_thing is callable }}|{{ range(3).count is callable }}
{{ f[:1] }}
{{ d[1:] }}
{{ people|groupby('nope') }}
{{ people|sort(attribute='nope')|length }}
{{ undefined_thing|int }}
{{ 5|indent }}
{{ [1, 2, 3]|truncate(3) }}|{{ 'x' % undefined_thing }}|{{ 'Hello World'|wordwrap(2) }}
{{ ['a', 'b']|sum(start='') }}
{{ d.keys()|urlencode }}
{{ list|map()|list }}
{{ list|select|list }}|{{ [0, 1, '', 'a', none]|select|list }}|{{ list|select('odd')|list }}|{{ list|select('gt', 1)|list }}|{{ list|select('in', [1, 2])|list }}|{{ list|reject('odd')|list }}|{{ [0, 1]|reject|list }}|{{ list|select('divisibleby', 2)|list }}
{{ messages|selectattr('role', 'equalto', 'user')|list|length }}|{{ messages|selectattr('role', '==', 'user')|map(attribute='content')|first }}|{{ messages|rejectattr('role', 'eq', 'user')|map(attribute='role')|list }}|{{ messages|selectattr('tool_calls')|list|length }}|{{ messages|selectattr('tool_calls', 'defined')|list|length }}|{{ messages|rejectattr('content')|list|length }}|{{ people|selectattr('city.n', 'eq', 'Rome')|map(attribute='name')|join }}
{{ messages|selectattr('role', 'in', ['user', 'tool'])|map(attribute='role')|join(',') }}|{{ (messages|selectattr('role', 'equalto', 'system')|first).content }}|{{ messages|selectattr('role', 'equalto', 'nobody')|first is defined }}
{{ list|select('odd')|length }}
{{ (list|select('odd'))[0] is defined }}
{% set users = messages|selectattr('role', 'equalto', 'user') %}{% for u in users %}a{% endfor %}{% for u in users %}b{% endfor %}
{% set users = messages|selectattr('role', 'equalto', 'user')|list %}{% for u in users %}a{% endfor %}{% for u in users %}b{% endfor %}
{{ 'x' if list|select('gt', 5) else 'y' }}|{{ 'x' if list|select('gt', 5)|list else 'y' }}
{{ undefined_thing|default('d') }}|{{ none|default('d') }}|{{ none|default('d', true) }}|{{ ''|default('d', true) }}|{{ ''|d('d', boolean=true) }}|{{ d.zz|default('q') }}|{{ 0|default(5) }}|{{ undefined_thing|default }}|{{ undefined_thing|d(none) }}
{{ undefined_thing.x|default('d') }}
{{ s|replace('o', '0') }}|{{ s|replace('l', 'L', 1) }}|{{ 'aXb'|replace('X', '') }}
{{ s|length }}|{{ s|list|length }}|{{ s|truncate(8) }}|{{ s|truncate(5, true) }}|{{ 'foo bar baz qux'|truncate(9) }}|{{ 'foo bar baz qux'|truncate(11, false, '...', 0) }}|{{ 'foo bar baz qux'|truncate(9, true) }}
{{ 'a\nb\n\nc'|indent }}|{{ 'a\nb'|indent(2, true) }}|{{ 'a\n\nb'|indent(2, false, true) }}|{{ 'a\nb'|indent('> ') }}|{{ 'a\nb'|indent(width=1, first=true) }}|{{ 'a\n'|indent }}.
{{ 'the quick brown fox'|wordwrap(10) }}|{{ 'aaaaaaaaaaaa b'|wordwrap(5) }}|{{ 'aaaaaaaaaaaa b'|wordwrap(5, false) }}|{{ 'a b\nc d'|wordwrap(3, true, '/') }}
{{ '<p>a <b>b</b>  &amp; c</p>'|striptags }}|{{ 'a b&c/d=é'|urlencode }}|{{ {'a': 1, 'b': 'x y'}|urlencode }}|{{ [('a', 1)]|urlencode }}
{{ s|center(15) }}|{{ 'x'|center(4) }}|
{{ people[0]|attr('name') }}|{{ s|attr('upper') is defined }}|{{ ('a'|attr('upper'))() }}
{{ 'a'|upper|lower|title|replace('A', 'b') }}|{{ ('a' ~ 'b')|upper }}|{{ 'a' ~ 'b'|upper }}|{{ 1 + '2'|int }}|{{ -1|string }}
{{ 'x'|nosuchfilter }}
{% if no %}{{ 'x'|nosuchfilter }}{% endif %}ok
{{ list|tojson }}|{{ d|tojson }}|{{ 'a<b>&\'"é😀\n\t\u2028\x7f'|tojson }}|{{ none|tojson }}|{{ true|tojson }}|{{ 1.0|tojson }}|{{ 1e22|tojson }}|{{ (1, 'a')|tojson }}
{{ d|tojson(indent=2) }}|{{ tools|tojson(indent=4) }}
{{ []|tojson(indent=2) }}|{{ {}|tojson(indent=2) }}|{{ [[], {}]|tojson(indent=2) }}|{{ [1]|tojson(indent=0) }}|{{ [1, [2]]|tojson(indent='\t') }}
{{ d|tojson(separators=(',', ':')) }}|{{ d|tojson(sort_keys=true) }}|{{ 'é😀\x7f'|tojson(ensure_ascii=true) }}|{{ d|tojson(indent=1, separators=(', ', '=')) }}|{{ ['é']|tojson(true) }}
{{ {1: 'a', none: 'b', true: 'c', 2.5: 'd'}|tojson }}|{{ {'a': {'b': [1, {}]}}|tojson }}
{{ messages[4]|tojson }}|{{ tools|tojson }}
{{ undefined_thing|tojson }}
{{ range(3)|tojson }}
{{ d.items()|tojson }}
{{ 1e400|tojson }}|{{ (1e400 - 1e400)|tojson }}|{{ 12345678901234567890|tojson }}|{{ '\x00\x1f\b\f'|tojson }}
{{ {(1, 2): 3}|tojson }}
{{ html|tojson }}|{{ html|tojson|safe }}|{{ tools|tojson|length }}
{{ names|map('tojson')|join(', ') }}|{{ names|map('capitalize')|map('length')|list }}
{{ [1, [2, [3]]]|pprint }}|{{ 'a'|pprint }}
{{ list|map('float')|sum }}|{{ people|map(attribute='age')|sum / 3 }}
{{ names|map(attribute='upper')|first is callable }}
{{ {'a': [1, 2]}['a']|join('+') }}|{{ (list|sort)[0] }}|{{ list|sort|first }}|{{ list|sort|join(',')|upper }}
{{ 'a,b'.split(',')|map('upper')|join }}|{{ s.split()|map('first')|join }}|{{ s|upper() }}|{{ s|lower|replace(' ', '_') }}
""",
"assignment and scope": r"""
{% set x = 1 %}{{ x }}{% set x = x + 1 %}{{ x }}
{% set a, b = 1, 2 %}{{ a }}{{ b }}|{% set (a, b) = (b, a) %}{{ a }}{{ b }}
{% set x = 1 %}{% for i in range(3) %}{% set x = x + i %}{{ x }},{% endfor %}{{ x }}
{% for i in [1, 2] %}[{{ y }}]{% set y = i %}{{ y }}{% endfor %}[{{ y }}]
{% set x = 'o' %}{% for i in [1, 2] %}[{{ x }}]{% set x = i %}{% endfor %}{{ x }}
{% if true %}{% set q = 5 %}{% endif %}{{ q }}
{% set ns = namespace(n=0, found=false) %}{% for i in range(4) %}{% set ns.n = ns.n + i %}{% if i == 2 %}{% set ns.found = true %}{% endif %}{% endfor %}{{ ns.n }} {{ ns.found }} {{ ns['n'] }}
{% set ns = namespace() %}{% set ns.a = 'x' %}{{ ns.a }}[{{ ns.b }}]{{ ns.b is defined }}
{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a + ns.b }}
{% set ns = namespace(_x=1) %}
{% set ns = namespace() %}{% set ns._x = 1 %}
{% set d.a = 1 %}
{% set nope.a = 1 %}
{% set ns = namespace(l=[]) %}{% for i in range(3) %}{% set ns.l = ns.l + [i] %}{% endfor %}{{ ns.l }}
{% set ns = namespace(a=1) %}{% set ns.a, ns.b = 3, 4 %}{{ ns.a }}{{ ns.b }}
{% set t1 %}a{{ n }}b{% endset %}{{ t1 }}|{{ t1|length }}|{{ t1 is string }}
{% set t2 | upper | replace('A', 'x') %}abc{{ n }}{% endset %}{{ t2 }}
{% set x %}{% for i in list %}{{ i }},{% endfor %}{% endset %}[{{ x }}]
{% with x = 1, y = 2 %}{{ x }}{{ y }}{% endwith %}[{{ x }}]
{% with %}{% set x = 5 %}{{ x }}{% endwith %}[{{ x }}]
{% set x = 1 %}{% with x = 2, y = x %}{{ x }}{{ y }}{% endwith %}{{ x }}
{% set x = messages[0].content if messages[0].role == 'system' else 'none' %}{{ x }}
{% set x = 1, 2 %}{{ x }}|{% set y = (1) %}{{ y }}
{% set messages = messages[1:] %}{{ messages|length }}
{% for message in messages %}{% set content = message.content %}{% if content is string %}{{ content|trim }}{% endif %}{% endfor %}[{{ content }}]
{% filter upper %}a{{ s }}{% endfilter %}|{% filter replace('a', 'b')|trim %} aa {% endfilter %}
{% set a, b = [1, 2, 3] %}
{% set a, b = 5 %}
{% set loop_messages = messages %}{% set system_message = '' %}{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% endif %}{{ system_message }}{{ loop_messages|length }}
{% if no %}{% set u = 1 %}{% endif %}{{ u is defined }}
{% set x = 1 %}{% if true %}{% for i in [1] %}{% set x = 2 %}{{ x }}{% endfor %}{% set x = 3 %}{% endif %}{{ x }}
{% set x %}{% set inner = 1 %}a{% endset %}{{ x }}[{{ inner }}]
{% filter upper %}{% set inner = 1 %}a{% endfilter %}[{{ inner }}]
{% set x = 1 %}{% set y %}{% set x = 2 %}{{ x }}{% endset %}{{ x }}{{ y }}
{% for i in [1, 2] %}{% continue %}{% else %}e{% endfor %}
{% for i in [1] %}{% else %}{% set q = 1 %}{{ loop is defined }}{% endfor %}[{{ q }}]
{% for i in [] %}{% else %}{% set q = 1 %}{{ q }}{% endfor %}[{{ q }}]
{% if true %}{% set a = 1 %}{% if true %}{% set a = 2 %}{% endif %}{{ a }}{% endif %}{{ a }}
{% for m in [1] %}[{{ s }}]{% endfor %}{% set s = 'later' %}{{ s }}
{% macro m() %}[{{ s }}]{% endmacro %}{{ m() }}{% set s = 'later' %}{{ m() }}
{{ s }}{% for m in [1] %}[{{ s }}]{% endfor %}{% set s = 'later' %}{{ s }}
{% if no %}{% set s = 'later' %}{% endif %}{% for m in [1] %}[{{ s }}]{% endfor %}
{% for m in [1, 2] %}{% for k in [1] %}[{{ s }}]{% endfor %}{% set s = m %}{{ s }}{% endfor %}[{{ s }}]
{% set s %}<{{ s }}>{% endset %}{{ s }}
{% set s = s ~ '!' %}{% for m in [1] %}[{{ s }}]{% endfor %}
{% set true_value = true %}{{ true_value }}{% set none_value = none %}{{ none_value }}
{% autoescape false %}{{ html }}{% endautoescape %}
{% block b %}in {{ s }}{% endblock %} out
{% set x = 'top' %}{% block b %}{{ x }}{% endblock %}{% for i in [1] %}{% block c %}[{{ i }}]{% endblock %}{% endfor %}
{% do list.append(1) %}
{% include 'x' %}
{% import 'x' as y %}
{% extends 'x' %}
{% unknown_tag %}
""",
"loops": r"""
{% for i in list %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.revindex }}{{ loop.revindex0 }};{% endfor %}
{% for i in list %}{{ i }}{% if not loop.last %}, {% endif %}{% else %}none{% endfor %}|{% for i in empty %}x{% else %}none{% endfor %}
{% for i in list %}[{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }}]{% endfor %}
{% for i in list %}{{ loop.cycle('odd', 'even') }} {% endfor %}|{% for i in [1, 1, 2] %}{{ loop.changed(i) }}{% endfor %}
{% for i in range(5) %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}|{% for i in range(5) %}{% if i % 2 %}{% continue %}{% endif %}{{ i }}{% endfor %}
{% for i in range(3) %}{% for j in range(3) %}{% if j > i %}{% break %}{% endif %}{{ i }}{{ j }} {% endfor %}{% endfor %}
{% for i in range(3) %}{% break %}{% else %}e{% endfor %}|{% for i in [1] if i > 1 %}x{% else %}e{% endfor %}
{% for i in range(6) if i is odd %}{{ i }}/{{ loop.length }}{{ loop.last }} {% endfor %}
{% for m in messages if m.role == 'user' %}{{ loop.index }}{% endfor %}
{% for a in [1, 2] %}{% set outer = loop %}{% for b in [3, 4] %}{{ outer.index }}{{ loop.index }}{{ loop.depth }}{{ loop.depth0 }} {% endfor %}{% endfor %}
{% for item in tree recursive %}{{ item.v }}@{{ loop.depth }}{% if item.kids %}({{ loop(item.kids) }}){% endif %}{% endfor %}
{% for a, b in [(1, 2), [3, 4]] %}{{ a }}-{{ b }} {% endfor %}|{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for a, b in [1] %}{% endfor %}
{% for a, b in ['xy'] %}{{ a }}{{ b }}{% endfor %}
{% for i in 5 %}x{% endfor %}
{% for i in none %}x{% endfor %}
{% for i in undefined_thing %}x{% else %}empty{% endfor %}
{% for c in 'héy😀' %}{{ c }}.{% endfor %}|{% for k in d %}{{ k }}{% endfor %}|{% for i in (1, 2) %}{{ i }}{% endfor %}|{% for i in range(2, 8, 3) %}{{ i }}{% endfor %}|{% for i in range(3, 0, -1) %}{{ i }}{% endfor %}
{% for i in list|sort(reverse=true) %}{{ i }}{% endfor %}|{% for i in list[::-1] %}{{ i }}{% endfor %}|{% for i in list|reverse %}{{ i }}{{ loop.last }}{% endfor %}
{% for i in 1, 2, 3 %}{{ i }}{% endfor %}
{% for x in [1] if x else [] %}{{ x }}{% endfor %}
{% for i in [] %}{% endfor %}{{ i is defined }}{{ loop is defined }}
{% for i in [1] %}{% endfor %}{{ i is defined }}
{% for message in messages %}{% if loop.index0 == 0 and message.role == 'system' %}S{% elif (message['role'] == 'user') != (loop.index0 % 2 == 0) %}U{% else %}{{ message.role[0] }}{% endif %}{% endfor %}
{% for i in range(100000)|list %}{% if loop.first %}{{ i }}{% endif %}{% if loop.last %}{{ i }}{% endif %}{% endfor %}
{{ range(100001)|length }}
{{ range(100000000)|length }}
{{ range(5, 1)|list }}|{{ range(0)|list }}|{{ range(-3)|list }}|{{ range(3, -3, -2)|list }}|{{ range(t)|list }}
{{ range(2.5) }}
{{ range(1, 2, 0) }}
{% for i in range(3) %}{{ loop }}{% break %}{% endfor %}
{% for i in list %}{% for j in list %}{% if loop.last %}{{ loop.index }}{% endif %}{% endfor %}{{ loop.index }}{% endfor %}
{% for i in list %}{{ loop.nope is defined }}{% break %}{% endfor %}|{% for i in list %}{{ loop.nextitem is defined }}{{ loop.previtem is defined }}{% endfor %}
{% for m in messages[::-1] %}{% set idx = (messages|length - 1) - loop.index0 %}{{ idx }}{% endfor %}
{% break %}
{% for i in list|map('string') %}{{ loop.length }}{{ i }}{% endfor %}|{% for i in list|select('odd') %}{{ loop.last }}{{ loop.revindex }}{% endfor %}
{% for x in [1, 2, 3] %}{% if x == 2 %}{% continue %}{% endif %}{{ loop.index }}{{ loop.previtem }}{% endfor %}
{% for i in range(3) %}{{ i }}{% endfor
""",
"macros and calls": r"""
{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}|{{ m(1, 3) }}|{{ m(b=5, a=4) }}|{{ m() }}|
{% macro m(a) %}x{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}x{% endmacro %}{{ m(z=2) }}
{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}|{{ m() }}
{% macro m(a) %}[{{ a }}{{ caller() }}]{% endmacro %}{% call m('x') %}body {{ n }}{% endcall %}
{% macro each(l) %}{% for i in l %}{{ caller(i) }}{% endfor %}{% endmacro %}{% call(i) each(list) %}<{{ i }}>{% endcall %}
{% macro m() %}{{ caller is defined }}{{ caller() if caller else 'none' }}{% endmacro %}{{ m() }}{% call m() %}c{% endcall %}
{% macro fact(k) %}{{ k if k <= 1 else k * fact(k - 1)|int }}{% endmacro %}{{ fact(5) }}
{% macro m(a, b=a) %}{{ b }}{% endmacro %}{{ m('z') }}
{% macro m() %}{{ s }}{{ y }}{% endmacro %}{% set y = 1 %}{{ m() }}{% set y = 2 %}{{ m() }}
{% macro m() %}{% set inner = 5 %}{{ inner }}{% endmacro %}{{ m() }}[{{ inner }}]
{% macro m(x) -%}  {{ x }}  {%- endmacro %}[{{ m('q') }}]
{{ m() }}{% macro m() %}x{% endmacro %}
{% macro a() %}A{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }}
{% macro m(x) %}{{ x|upper }}{% endmacro %}{{ m('q') ~ 'r' }}|{{ m('q')|length }}|{{ m('q') is string }}|{{ m.name }}|{{ m is callable }}|{{ m.arguments }}
{% for i in list %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}
{% macro m(items) %}{{ items[0].v }}{% for k in items[0].kids %}{{ m([k]) }}{% endfor %}{% endmacro %}{{ m(tree) }}
{% macro m(x) %}{% if x %}{{ x }}{% else %}-{% endif %}{% endmacro %}{{ m(*[1]) }}{{ m(**{'x': 2}) }}
{{ undefined_fn() }}
{{ s() }}
{{ n() }}
{{ d.a() }}
{% call s() %}{% endcall %}
{% set f2 = s.upper %}{{ f2() }}
{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.current }}
{% set j = joiner(', ') %}{% for i in list %}{{ j() }}{{ i }}{% endfor %}
{{ raise_exception('No way!') }}
{{ raise_exception('roles must ' ~ 'alternate') }}
{% if messages[0].role == 'user' %}{{ raise_exception('x') }}{% endif %}fine
{{ strftime_now('%Y-%m-%d') }}|{{ strftime_now('%d %b %Y') }}|{{ strftime_now('%A, %B %d, %Y') }}|{{ strftime_now('%H:%M:%S %p %I %j %y %a %% %-d %e') }}
{{ strftime_now is defined }}|{% if strftime_now is defined %}{% set date = strftime_now('%d %b %Y') %}{% else %}{% set date = '26 Jul 2024' %}{% endif %}{{ date }}
{% generation %}gen {{ n }}{% endgeneration %}|{% for m in messages %}{% generation %}{{ m.role }}{% endgeneration %};{% endfor %}
{% set y = 1 %}{% generation %}{% set y = 2 %}{{ y }}{% endgeneration %}{{ y }}
{% for m in [1] %}{% generation %}{{ loop.index }}{{ m }}{% endgeneration %}{% endfor %}
{%- generation -%}  x  {%- endgeneration -%}  y
{% macro m(kwarg_a=none) %}{{ kwarg_a is none }}{% endmacro %}{{ m() }}{{ m(kwarg_a=1) }}
{% macro m(a, a2) %}{{ a2 is defined }}{{ a2 }}{% endmacro %}{{ m(1) }}
{% macro loopy() %}{{ loopy() }}{% endmacro %}{{ loopy() }}
{% macro m(t) %}{{ t|tojson }}{% endmacro %}{{ m(d) }}{% macro n2(p) %}{{ m(p.x) }}{% endmacro %}{{ n2(nested) }}
""",
"whitespace": """
a {%- if true %} b {% endif -%} c
a  {{- ' x ' -}}  b
{% if true %}\\n  x\\n{% endif %}\\ny
  {% if true %}\\n    x\\n  {% endif %}\\n  y
{%- for i in [1, 2] %}\\n  {{ i }}\\n{%- endfor %}\\nend
{%- for i in [1, 2] -%}\\n  {{ i }}\\n{%- endfor -%}\\nend
x\\n   {%+ if true %}y{% endif +%}\\nz
{% if true +%}\\nkeep{% endif %}
{# comment #}\\nafter
  {# comment #}\\n  after
a {#- c -#} b
text {% if true %}\\n\\n  two{% endif %}
{{ 'x' }}\\n{{ 'y' }}\\n
{{ 'x' }}\\n\\n
x\\n\\n\\n
{% raw %}{{ not }} {% this %}{% endraw %}
{% raw -%}  a  {%- endraw %} b
  {% raw %}\\n x{% endraw %}\\ny
{%- raw %} {{ x }} {% endraw -%} z
a\\r\\nb\\rc\\n
\\t {% if true %}tab{% endif %}
   x {% if true %}y{% endif %}
{{ 'a' }}   {% if true %}b{% endif %}
{{ 'a' }}\\n   {% if true %}b{% endif %}
{% set x = 1 %}   {{ x }}
{% set x = 1 %}\\n   {{ x }}
   {{- 'x' }}
\\n\\n{{- 'x' -}}\\n\\n y
{%- if true -%}\\n\\n {{- 'q' }} \\n\\n{%- endif %}
{{- '' }}\\n{{- 'x\\\\n' }}\\n{{- 'y' -}}\\n
{% for i in [1] %}  \\n  {% endfor %}|
<|im_start|>{{ 'user' }}\\n{% if true %}\\n{{ 'x' }}\\n{% endif %}\\n<|im_end|>
{{ '{{' }} {{ '%}' }} {{ '}}' }} {{ {'a': {'b': 1}}['a'] }}
{{ {'a': {'b': 1}} }}{{{'a': 1}.a}}
{#- strip both -#}\\n  x  {#- again #}\\n y
{# multi\\nline {{ x }} #}z
{% if true %}{# c #}\\n{% endif %}q
\\u00a0{%- if true %}x{% endif %}
a\\n\\u3000{% if true %}x{% endif %}
{%if true%}tight{%endif%}{{n}}{{-n-}}
{% if true %}a{% endif %}\\n\\n{% if true %}b{% endif %}
  {% set a = 1 %}\\n  {% set b = 2 %}\\n  {{ a }}{{ b }}
{{ 'multi\\nline' }}
{% if x is defined -%}\\n a\\n{%- else -%}\\n b\\n{%- endif %}
{% for m in [1,2] %}{{- m }}\\n{% endfor %}
$ {{ '$' }} `{{ '`' }}` \\\\n ${x}
unclosed {{ x
unclosed {% if true %}
unclosed {# c
{% if true %}x{% endfor %}
{{ }}
{% if %}x{% endif %}
{{ 'a }}
{{ (1 }}
{{ 1 2 }}
{{ a.b. }}
{% for in x %}{% endfor %}
stray }} and %} and #}
{{ x | }}
{% else %}
{{ ] }}
{{ a ? b : c }}
{{ a && b }}
{{ !a }}
""",
}


def constructs() -> list[tuple[str, str]]:
    """(group, template). Templates of "whitespace" write line ends and other characters as Python's escapes."""
    out = []
    for group, text in GROUPS.items():
        entries, lines = [], text.strip("\n").split("\n") if group != "whitespace" else text[1:-1].split("\n")
        for line in lines:
            if group == "string methods" and line == "joined' }}":  # the one template of two lines
                entries[-1] += "\n" + line
            else:
                entries.append(line.encode("latin-1", "backslashreplace").decode("unicode-escape") if group == "whitespace" else line)
        out += [(group, entry) for entry in entries]
    return out
